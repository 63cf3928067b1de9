#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "tools/cli/machine_lab_service.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/verbs.hpp"

/// `flatlan`, the command line: puts the verbs together with this machine's labs and the terminal.
int main(int argc, char** argv) {
    namespace cli = flatlan::cli;
    cli::end_bugs_with_their_own_status();

    cli::MachineLabService labs;
    cli::Console console{.out = std::cout,
                         .err = std::cerr,
                         .out_terminal = cli::Terminal::of_descriptor(STDOUT_FILENO),
                         .err_terminal = cli::Terminal::of_descriptor(STDERR_FILENO)};
    const std::vector<cli::Verb> verbs = cli::make_verbs(labs);
    const std::vector<std::string> words(argv + 1, argv + argc);
    const cli::ExitStatus status = cli::run_program(verbs, words, console);
    return static_cast<int>(cli::finish_answer("flatlan", status, console));
}
