#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/stopwatch.hpp"
#include "tools/cli/table.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

/// "2 pods added, 1 node removed", or that there is nothing to change.
std::string changes_in_words(const lab::ApplyReport& report) {
    std::string out;
    const auto add = [&](std::size_t count, std::string_view what, std::string_view done) {
        if (count == 0) return;
        out.append(out.empty() ? "" : ", ").append(count_of(count, what)).append(done);
    };
    add(report.nodes_added, "node", " added");
    add(report.nodes_removed, "node", " removed");
    add(report.pods_added, "pod", " added");
    add(report.pods_removed, "pod", " removed");
    add(report.pods_changed, "pod", " changed");
    return out.empty() ? "nothing to change" : out;
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(file, read_lab_file(labs, arguments.value("FILE"), arguments.json(), console));
    const Stopwatch watch;
    auto applied = labs.apply(file);
    if (!applied) {
        Error error = std::move(applied).error();
        if (error.code() == ErrorCode::not_found && error.expected().empty())
            return std::move(error).expecting("'flatlan up " + arguments.value("FILE") + "' first");
        return error;
    }

    const std::vector<std::string>& notes = applied.value().notes;
    if (arguments.json()) {
        std::vector<std::string> warnings = file.warnings;
        warnings.insert(warnings.end(), notes.begin(), notes.end());
        console.out << apply_json(file.spec.name, applied.value(), watch.elapsed(), warnings)
                    << '\n';
        return ExitStatus::yes;
    }
    console.out << "lab " << file.spec.name.text() << ": " << changes_in_words(applied.value())
                << ", " << in_words(watch.elapsed()) << '\n';
    print_warnings(notes, console);
    return ExitStatus::yes;
}

}  // namespace

Verb apply_verb(LabService& labs) {
    return {
        .usage = {.verb = "apply",
                  .summary = "Change a running lab to what its file says now",
                  .description =
                      "Adds and removes the nodes and pods in which a running lab and its changed\n"
                      "file differ. Whatever both have keeps its addresses and is not disturbed;\n"
                      "pods that are to run something else keep their addresses too, and those of\n"
                      "a Deployment are exchanged a quarter at a time, each when the one before\n"
                      "is ready.",
                  .positionals = {{.name = "FILE",
                                   .summary = "The lab file; its name says which lab",
                                   .completion = Completion::file}},
                  .options = {output_option()},
                  .examples = {{"flatlan apply lab.yaml", "after an edit of lab.yaml"}},
                  .synonyms = {"update", "edit", "rollout"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
