#include "overlay/linux/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace flatlan {
namespace {

/// A file in memory: however much is written, neither side has to wait for the other.
Result<UniqueFd> open_memory() {
    UniqueFd file{::memfd_create("output", MFD_CLOEXEC)};
    if (!file) return Error::from_errno(errno, "make a file in memory");
    return file;
}

std::string text_of(const UniqueFd& file) {
    std::string text;
    std::array<char, 65536> buffer{};
    ::lseek(file.get(), 0, SEEK_SET);
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::string last_line(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    const auto end = text.rfind('\n');
    return end == std::string::npos ? text : text.substr(end + 1);
}

Result<std::string> run_here(const std::vector<std::string>& command) {
    FLATLAN_TRY(output, open_memory());
    FLATLAN_TRY(complaints, open_memory());
    std::vector<char*> words;
    for (const std::string& word : command)
        words.push_back(const_cast<char*>(word.c_str()));  // posix_spawn does not write to it
    words.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, complaints.get(), STDERR_FILENO);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, words[0], &files, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) return Error::from_errno(failed, "run " + command[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return Error::from_errno(errno, "wait for " + command[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text_of(output);
    return Error{ErrorCode::system, command[0] + ": " + last_line(text_of(complaints))};
}

}  // namespace

Result<std::string> run_program(const Namespace& network, const std::vector<std::string>& command) {
    return run_in(network, [&] { return run_here(command); });
}

}  // namespace flatlan
