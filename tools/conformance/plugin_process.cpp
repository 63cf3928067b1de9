#include "tools/conformance/plugin_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

struct Pipe {
    UniqueFd read_end, write_end;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
    return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// What posix_spawn(3) is to do before the program begins.
class Preparation {
public:
    Preparation() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t defaults;
        ::sigemptyset(&defaults);
        ::sigaddset(&defaults, SIGPIPE);  // which the kit itself ignores
        ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    }
    Preparation(const Preparation&) = delete;
    Preparation& operator=(const Preparation&) = delete;
    ~Preparation() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    void connect(const UniqueFd& from, int to) {
        ::posix_spawn_file_actions_adddup2(&actions_, from.get(), to);
    }
    Result<pid_t> spawn(const Call& call) {
        std::string program = call.program.string();
        std::vector<std::string> variables;
        for (const auto& [name, value] : call.environment)
            variables.push_back(name + "=" + value);
        std::vector<char*> environment;
        for (std::string& variable : variables)
            environment.push_back(variable.data());
        environment.push_back(nullptr);
        std::array<char*, 2> words{program.data(), nullptr};
        pid_t pid = -1;
        const int failed = ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_,
                                         words.data(), environment.data());
        if (failed != 0) return Error::from_errno(failed, "run '" + program + "'");
        return pid;
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

void set_nonblocking(const UniqueFd& fd) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

std::string to_string(const Answer& answer) {
    std::string text = "exit status " + std::to_string(answer.exit_status);
    if (answer.signal != 0) text = "ended by signal " + std::to_string(answer.signal);
    if (answer.timed_out) text = "not done in time, killed";
    if (!answer.output.empty()) text += ", standard output " + one_line(answer.output);
    if (!answer.succeeded() && !answer.errors.empty())
        text += ", standard error " + one_line(answer.errors);
    return text;
}

Result<PluginProcess> PluginProcess::start(const Call& call) {
    ::signal(SIGPIPE, SIG_IGN);  // a plugin need not read all that it is told
    FLATLAN_TRY(input, make_pipe());
    FLATLAN_TRY(output, make_pipe());
    FLATLAN_TRY(errors, make_pipe());
    Preparation preparation;
    preparation.connect(input.read_end, STDIN_FILENO);
    preparation.connect(output.write_end, STDOUT_FILENO);
    preparation.connect(errors.write_end, STDERR_FILENO);

    PluginProcess process;
    process.began_ns_ = now_ns();
    FLATLAN_TRY(pid, preparation.spawn(call));
    process.pid_ = pid;
    process.process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process.process_) return Error::from_errno(errno, "watch a process");
    process.input_ = std::move(input.write_end);
    process.output_ = std::move(output.read_end);
    process.errors_ = std::move(errors.read_end);
    for (const UniqueFd* end : {&process.input_, &process.output_, &process.errors_})
        set_nonblocking(*end);
    process.to_write_ = call.input;
    process.write_some();
    return process;
}

PluginProcess::PluginProcess(PluginProcess&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)},
      process_{std::move(other.process_)},
      input_{std::move(other.input_)},
      output_{std::move(other.output_)},
      errors_{std::move(other.errors_)},
      to_write_{std::move(other.to_write_)},
      began_ns_{other.began_ns_} {}

PluginProcess::~PluginProcess() {
    if (pid_ > 0) wait(Duration{0});
}

void PluginProcess::write_some() {
    while (!to_write_.empty()) {
        const ssize_t count = ::write(input_.get(), to_write_.data(), to_write_.size());
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) break;  // it reads no more
        to_write_.erase(0, static_cast<std::size_t>(count));
    }
    input_.reset();
}

void PluginProcess::read_some(UniqueFd& pipe, std::string& text) {
    std::array<char, 65'536> part{};
    for (;;) {
        const ssize_t count = ::read(pipe.get(), part.data(), part.size());
        if (count < 0) return;
        if (count == 0) return pipe.reset();
        text.append(part.data(), static_cast<std::size_t>(count));
    }
}

bool PluginProcess::exchange(int timeout_ms, Answer& answer) {
    std::array<pollfd, 4> waits{pollfd{process_.get(), POLLIN, 0}, pollfd{input_.get(), POLLOUT, 0},
                                pollfd{output_.get(), POLLIN, 0}, pollfd{errors_.get(), POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), timeout_ms) < 0) return errno == EINTR;
    if (waits[1].revents != 0) write_some();
    if (output_) read_some(output_, answer.output);
    if (errors_) read_some(errors_, answer.errors);
    // What it wrote was there before it ended; a child of its own may hold the pipes for ever.
    return waits[0].revents == 0;
}

Answer PluginProcess::wait(Duration limit) {
    Answer answer;
    const std::int64_t end_ns = began_ns_ + limit.count();
    for (;;) {
        const std::int64_t left_ns = end_ns - now_ns();
        if (left_ns <= 0) {
            answer.timed_out = true;
            ::kill(-pid_, SIGKILL);
            while (exchange(-1, answer)) {
            }
            break;
        }
        // Rounded down, and then spun for less than a millisecond: a kill shall come when it was
        // meant to.
        if (!exchange(static_cast<int>(left_ns / 1'000'000), answer)) break;
    }
    answer.took = Duration{now_ns() - began_ns_};
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    if (WIFSIGNALED(status)) answer.signal = WTERMSIG(status);
    if (WIFEXITED(status)) answer.exit_status = WEXITSTATUS(status);
    if (answer.timed_out && answer.exit_status >= 0) answer.timed_out = false;  // it was quicker
    return answer;
}

Result<Answer> run(const Call& call) {
    FLATLAN_TRY(process, PluginProcess::start(call));
    return process.wait();
}

}  // namespace flatlan::conformance
