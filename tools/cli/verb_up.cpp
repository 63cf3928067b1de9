#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/doctors_words.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/progress_line.hpp"
#include "tools/cli/stopwatch.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(file, read_lab_file(labs, arguments.value("FILE"), arguments.json(), console));
    const Stopwatch watch;
    ProgressLine line{console};
    auto started = labs.start(file.spec, [&](const lab::Progress& step) { line.show(step); });
    line.clear();
    if (!started) return with_doctors_words(std::move(started).error(), labs);

    const lab::LabStatus& status = started.value();
    if (arguments.json()) {
        std::vector<std::string> warnings = file.warnings;
        warnings.insert(warnings.end(), status.notes.begin(), status.notes.end());
        console.out << up_json(status, watch.elapsed(), warnings) << '\n';
        return ExitStatus::yes;
    }
    print_warnings(status.notes, console);
    console.out << "lab " << status.lab.text() << " is " << to_string(status.state) << ": "
                << size_in_words(status) << ", " << in_words(watch.elapsed()) << '\n';
    const auto running = labs.list();
    const bool alone = running && running.value().size() == 1;
    console.err << next_steps(status, alone);
    return ExitStatus::yes;
}

}  // namespace

Verb up_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "up",
             .summary = "Start the lab that a file describes",
             .description =
                 "Starts a lab and returns when all its pods are Running, or undoes everything\n"
                 "and says which step failed. No root is needed. The lab runs until\n"
                 "'flatlan down', and ends with its supervisor, however that ends.",
             .positionals = {{.name = "FILE",
                              .summary = "The lab file; '-' is standard input",
                              .completion = Completion::file}},
             .options = {output_option()},
             .examples = {{"flatlan up overlay/examples/three-nodes.yaml", "start a lab"},
                          {"flatlan up - < lab.yaml", "read it from standard input"}},
             .synonyms = {"start", "create", "run"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
