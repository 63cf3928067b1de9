#include "overlay/lab/children.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>

namespace flatlan::lab {
namespace {

constexpr int kNotStarted = 127;  // POSIX, Shell Command Language, 2.8.2

/// How often who waits looks by itself, should nobody else do so.
constexpr std::chrono::milliseconds kLook{100};

/// The children of the process, of which there is one set however it is made up.
struct Children {
    std::mutex mutex;
    std::condition_variable ended;
    std::map<pid_t, std::optional<int>> ours;  ///< and how each ended
    std::function<void(pid_t, int)> others;
};

Children& children() {
    static Children all;
    return all;
}

void reap_with_lock(Children& all) {
    int wait_status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &wait_status, WNOHANG)) > 0;)
        if (const auto at = all.ours.find(pid); at != all.ours.end())
            at->second = wait_status;
        else if (all.others)
            all.others(pid, wait_status);
}

std::optional<int> take_with_lock(Children& all, pid_t program) {
    const auto at = all.ours.find(program);
    if (at == all.ours.end() || !at->second) return std::nullopt;
    const int wait_status = *at->second;
    all.ours.erase(at);
    return wait_status;
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (const std::string& word : words)
        pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

/// In the child of a process with many threads: nothing but system calls until the program runs.
[[noreturn]] void become(int program, const ProgramStart& start, char* const* words,
                         char* const* environment) {
    ::setsid();
    for (const int space : start.namespaces)
        if (::setns(space, 0) != 0) ::_exit(kNotStarted);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const std::array streams{start.input, start.output, start.errors};
    for (int stream = 0; stream < static_cast<int>(streams.size()); ++stream) {
        const int from = streams[static_cast<std::size_t>(stream)];
        if (::dup2(from < 0 ? nothing : from, stream) < 0) ::_exit(kNotStarted);
    }
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::syscall(SYS_close_range, STDERR_FILENO + 1U, ~0U, CLOSE_RANGE_CLOEXEC);
    if (::chdir("/") == 0) ::syscall(SYS_execveat, program, "", words, environment, AT_EMPTY_PATH);
    ::_exit(kNotStarted);
}

}  // namespace

Result<pid_t> start_program(const ProgramStart& start) {
    const std::string attempt = "start '" + start.words.front() + "'";
    // By descriptor: in the program's own namespaces the path may be another file, or none.
    const UniqueFd program{::open(start.words.front().c_str(), O_PATH | O_CLOEXEC)};
    if (!program) return Error::from_errno(errno, attempt);
    const std::vector<char*> words = pointers_to(start.words);
    const std::vector<char*> environment = pointers_to(start.environment);
    Children& all = children();
    const std::lock_guard starting{all.mutex};  // its end may be told before its start is noted
    const pid_t pid = ::fork();
    if (pid < 0) return Error::from_errno(errno, attempt);
    if (pid == 0) become(program.get(), start, words.data(), environment.data());
    all.ours.emplace(pid, std::nullopt);
    return pid;
}

int wait_for_program(pid_t program) {
    Children& all = children();
    std::unique_lock waiting{all.mutex};
    for (;;) {
        reap_with_lock(all);
        if (const auto end = take_with_lock(all, program)) return *end;
        all.ended.wait_for(waiting, kLook);
    }
}

std::optional<int> poll_program(pid_t program) {
    Children& all = children();
    const std::lock_guard reading{all.mutex};
    reap_with_lock(all);
    return take_with_lock(all, program);
}

std::string text_of_end(int wait_status) {
    if (WIFSIGNALED(wait_status)) return "signal " + std::to_string(WTERMSIG(wait_status));
    return "status " + std::to_string(WEXITSTATUS(wait_status));
}

void reap_children() {
    Children& all = children();
    {
        const std::lock_guard reading{all.mutex};
        reap_with_lock(all);
    }
    all.ended.notify_all();
}

void hear_of_other_children(std::function<void(pid_t child, int wait_status)> listener) {
    Children& all = children();
    const std::lock_guard changing{all.mutex};
    all.others = std::move(listener);
}

std::vector<std::string> inherited_environment() {
    std::vector<std::string> kept;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string variable = *each;
        // sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3), systemd.exec(5).
        const bool ours = variable.starts_with("NOTIFY_SOCKET=") ||
                          variable.starts_with("WATCHDOG_") || variable.starts_with("LISTEN_") ||
                          variable.starts_with("JOURNAL_STREAM=");
        if (!ours) kept.push_back(variable);
    }
    return kept;
}

}  // namespace flatlan::lab
