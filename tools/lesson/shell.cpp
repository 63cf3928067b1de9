#include "tools/lesson/shell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lesson {
namespace {

constexpr int kNotStarted = 127;  // POSIX, Shell Command Language, 2.8.2
constexpr int kSignalBase = 128;

[[noreturn]] void become_shell(const std::string& commands, const ShellPlace& place, int output) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    setpgid(0, 0);  // one signal ends all that they start, and Ctrl-C is this program's to pass on
    if (place.interrupts) place.interrupts->let_through();
    for (const auto& [name, value] : place.environment)
        setenv(name.c_str(), value.c_str(), 1);
    if (chdir(place.folder.c_str()) == 0)
        execl("/bin/sh", "sh", "-c", commands.c_str(), static_cast<char*>(nullptr));
    _exit(kNotStarted);
}

/// Hands on what the shell writes until nobody writes any more. Whether it was interrupted.
bool hear_out(const UniqueFd& output, pid_t shell, const Interrupts* interrupts,
              const std::function<void(std::string_view)>& heard) {
    bool interrupted = false;
    std::array<char, 4096> piece;
    for (;;) {
        std::array<pollfd, 2> waiting{{{output.get(), POLLIN, 0},
                                       {interrupts ? interrupts->waiting().get() : -1, POLLIN, 0}}};
        if (poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR, by other signals
        if (waiting[1].revents != 0 && interrupts->take()) {
            interrupted = true;
            kill(-shell, SIGTERM);
        }
        if (waiting[0].revents == 0) continue;
        const ssize_t count = read(output.get(), piece.data(), piece.size());
        if (count <= 0) return interrupted;
        heard({piece.data(), static_cast<std::size_t>(count)});
    }
}

}  // namespace

Result<ShellResult> run_shell(const std::string& commands, const ShellPlace& place,
                              const std::function<void(std::string_view)>& sink) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
    const UniqueFd output{ends[0]};
    UniqueFd theirs{ends[1]};
    const pid_t shell = fork();
    if (shell < 0) return Error::from_errno(errno, "start a shell");
    if (shell == 0) become_shell(commands, place, theirs.get());
    setpgid(shell, shell);  // in both, so that it is done whoever comes first
    theirs.reset();
    ShellResult result;
    const bool interrupted = hear_out(output, shell, place.interrupts, [&](std::string_view text) {
        sink(text);
        if (result.output.size() < kOutputSizeMax) result.output += text;
    });
    int wait_status = 0;
    while (waitpid(shell, &wait_status, 0) < 0)
        if (errno != EINTR) return Error::from_errno(errno, "wait for the shell");
    if (interrupted) return Error{ErrorCode::interrupted, "interrupted"};
    result.status =
        WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : kSignalBase + WTERMSIG(wait_status);
    return result;
}

}  // namespace flatlan::lesson
