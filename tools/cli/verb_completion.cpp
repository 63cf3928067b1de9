#include <ostream>

#include "tools/cli/completion.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {

Verb completion_verb() {
    return {
        .usage =
            {.verb = "completion",
             .summary = "Print the completion script of a shell",
             .description =
                 "Prints a script that teaches a shell to complete verbs, options, and the names\n"
                 "of the labs, nodes and pods that run.",
             .positionals = {{.name = "SHELL",
                              .summary = "bash, zsh or fish",
                              .choices = {"bash", "zsh", "fish"}}},
             .examples = {{"source <(flatlan completion bash)", "in ~/.bashrc"},
                          {"source <(flatlan completion zsh)", "in ~/.zshrc, after compinit"},
                          {"flatlan completion fish | source", "in ~/.config/fish/config.fish"}}},
        .run = [](const Arguments& arguments, Console& console) -> Result<ExitStatus> {
            console.out << completion_script(arguments.value("SHELL"));
            return ExitStatus::yes;
        }};
}

Verb complete_verb(LabService& labs, std::vector<Verb> verbs) {
    return {.usage = {.verb = "__complete",
                      .summary = "Offer what may stand in the place of the last word",
                      .description = "Called by the scripts of 'flatlan completion'.",
                      .command = "WORD..."},
            .run = [&labs, verbs = std::move(verbs)](const Arguments& arguments,
                                                     Console& console) -> Result<ExitStatus> {
                const Candidates candidates = complete(verbs, labs, arguments.command());
                for (const Candidate& candidate : candidates.words)
                    console.out << candidate.word << '\t' << candidate.summary << '\n';
                if (candidates.files) console.out << ":files\n";
                return ExitStatus::yes;
            },
            .hidden = true};
}

}  // namespace flatlan::cli
