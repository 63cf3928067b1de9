#include "overlay/pod/container/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace flatlan::pod {
namespace {

/// What a runtime and its helpers find programs by; nothing of the starting user's environment.
constexpr const char* kEnvironment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", nullptr};

/// The requests of one posix_spawn(3), freed at the end of the scope.
class SpawnRequest {
public:
    SpawnRequest() {
        posix_spawn_file_actions_init(&files_);
        posix_spawnattr_init(&attributes_);
    }
    SpawnRequest(const SpawnRequest&) = delete;
    SpawnRequest& operator=(const SpawnRequest&) = delete;
    ~SpawnRequest() {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&attributes_);
    }

    void connect(const StandardStreams& streams) {
        posix_spawn_file_actions_adddup2(&files_, streams.input, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&files_, streams.output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files_, streams.error, STDERR_FILENO);
    }
    void reset_signals() {
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    int start(pid_t& process, const std::vector<std::string>& command) {
        std::vector<char*> words;
        for (const std::string& word : command)
            words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        return posix_spawn(&process, words[0], &files_, &attributes_, words.data(),
                           const_cast<char* const*>(kEnvironment));
    }

private:
    posix_spawn_file_actions_t files_;
    posix_spawnattr_t attributes_;
};

}  // namespace

Result<pid_t> spawn(const std::vector<std::string>& command, const StandardStreams& streams) {
    SpawnRequest request;
    request.connect(streams);
    request.reset_signals();
    pid_t process = 0;
    if (const int failed = request.start(process, command); failed != 0)
        return Error::from_errno(failed, "start " + command.front());
    return process;
}

Result<Pipe> Pipe::open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
    Pipe pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return Error::from_errno(errno, "make a pipe");
    return pipe;
}

Result<void> make_folders(const std::string& path) {
    // Nearly always the last folder alone is missing: one call instead of one or two for each.
    if (mkdir(path.c_str(), 0777) == 0) return success();
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed) return Error::from_errno(failed.value(), "make folder " + path);
    return success();
}

Result<void> write_whole_file(const std::string& path, std::string_view text) {
    const UniqueFd file{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (!file) return Error::from_errno(errno, "write " + path);
    while (!text.empty()) {
        const ssize_t written = write(file.get(), text.data(), text.size());
        if (written < 0) return Error::from_errno(errno, "write " + path);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return success();
}

std::string read_whole_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace flatlan::pod
