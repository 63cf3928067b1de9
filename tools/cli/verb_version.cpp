#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {

Verb version_verb() {
    return {
        .usage = {.verb = "version",
                  .summary = "Say which version this is",
                  .description = "Prints the version of flatlan.",
                  .options = {output_option()},
                  .examples = {{"flatlan version", "flatlan " + std::string{program_version()}}}},
        .run = [](const Arguments& arguments, Console& console) -> Result<ExitStatus> {
            if (arguments.json())
                console.out << version_json() << '\n';
            else
                console.out << "flatlan " << program_version() << '\n';
            return ExitStatus::yes;
        }};
}

}  // namespace flatlan::cli
