#include "tests/support/run_tool.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "overlay/linux/unique_fd.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::support {
namespace {

[[noreturn]] void fail(int errno_value, const std::string& what) {
    throw std::system_error{errno_value, std::generic_category(), what};
}

/// Starts the words as a program whose streams go to `out`.
pid_t start(std::vector<std::string>& words, int out) {
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    pid_t child = 0;
    const int failed =
        ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) fail(failed, words[0]);
    return child;
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0) fail(errno, "read from a tool");
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

std::string run_tool(const Namespace& network, std::string_view command) {
    std::vector<std::string> words;
    std::istringstream stream{std::string{command}};
    for (std::string word; stream >> word;)
        words.push_back(word);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe2");
    const UniqueFd reader{ends[0]};
    UniqueFd writer{ends[1]};
    const pid_t child =
        must(run_in(network, [&]() -> Result<pid_t> { return start(words, writer.get()); }));
    writer = UniqueFd{};
    std::string printed = read_all(reader.get());
    int status = 0;
    if (::waitpid(child, &status, 0) != child) fail(errno, "waitpid");
    if (status != 0) throw std::runtime_error{"'" + std::string{command} + "' failed: " + printed};
    return printed;
}

}  // namespace flatlan::support
