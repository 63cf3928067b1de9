#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "tools/daemon/program.hpp"

/// `flatland`, the daemon of one node.
int main(int argc, char** argv) {
    namespace cli = flatlan::cli;
    cli::end_bugs_with_their_own_status();

    cli::Console console{.out = std::cout,
                         .err = std::cerr,
                         .out_terminal = cli::Terminal::of_descriptor(STDOUT_FILENO),
                         .err_terminal = cli::Terminal::of_descriptor(STDERR_FILENO)};
    const std::vector<std::string> words(argv + 1, argv + argc);
    return static_cast<int>(flatlan::daemon::run_program(words, console));
}
