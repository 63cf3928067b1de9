#include "overlay/lab/agents/node_machine.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace flatlan::lab {
namespace {

constexpr mode_t kFolderMode = 0755;
constexpr mode_t kFileMode = 0644;
constexpr int kLookMs = 5;
constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";
constexpr const char* kBootIdFile = "/run/boot_id";
const std::string kNetnsFolder = "/run/netns";  // where ip-netns(8) and runtimes keep them

Result<void> mount_own(const char* folder) {
    if (::mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
        return Error::from_errno(errno, std::string{"mount a node's own "} + folder);
    return success();
}

/// So that what a node's disk says of pods is of an earlier boot, once the machine has been off.
Result<void> draw_boot_id() {
    std::ifstream drawn{"/proc/sys/kernel/random/uuid"};
    std::string id;
    if (!std::getline(drawn, id)) return Error{ErrorCode::system, "the kernel draws no boot id"};
    std::ofstream{kBootIdFile} << id << '\n';
    if (::mount(kBootIdFile, kBootId, nullptr, MS_BIND, nullptr) != 0)
        return Error::from_errno(errno, "give a node a boot id of its own");
    return success();
}

/// What a machine has when it begins.
Result<void> boot() {
    FLATLAN_TRY_VOID(mount_own("/run"));
    for (const char* folder : {"/run/lock", "/run/netns", "/run/flatlan"})
        if (::mkdir(folder, kFolderMode) != 0)
            return Error::from_errno(errno, std::string{"make a node's "} + folder);
    return draw_boot_id();
}

Result<UniqueFd> open_run() {
    UniqueFd run{::open("/run", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!run) return Error::from_errno(errno, "open a node's /run");
    return run;
}

struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
    return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// Everything until the last writer is gone.
Result<std::string> read_to_end(const UniqueFd& from) {
    std::string text;
    std::array<char, 65'536> part{};
    for (;;) {
        const ssize_t size = ::read(from.get(), part.data(), part.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return Error::from_errno(errno, "read what a program writes");
        if (size == 0) return text;
        text.append(part.data(), static_cast<std::size_t>(size));
    }
}

std::string base_name(const std::string& program) {
    return std::filesystem::path{program}.filename().string();
}

}  // namespace

Result<std::unique_ptr<NodeMachine>> NodeMachine::create(const NodeName& name,
                                                         const Namespace& network) {
    UniqueFd run;
    auto mounts = Namespace::create_mount([&]() -> Result<void> {
        FLATLAN_TRY_VOID(boot());
        FLATLAN_TRY_VOID(mount_own("/var/lib"));
        FLATLAN_TRY(opened, open_run());
        run = std::move(opened);
        return success();
    });
    if (!mounts) return std::move(mounts).error().within("node '" + name.text() + "'");
    FLATLAN_TRY(uts, Namespace::create_uts(name.text()));
    return std::unique_ptr<NodeMachine>{
        new NodeMachine{network, std::move(mounts).value(), std::move(uts), std::move(run)}};
}

Result<void> NodeMachine::start(std::vector<std::string> words,
                                std::vector<std::string> environment) {
    const std::lock_guard changing{mutex_};
    name_ = base_name(words.front());
    const UniqueFd log{::openat(run_.get(), (name_ + ".log").c_str(),
                                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode)};
    if (!log) return Error::from_errno(errno, "open the log of " + name_);
    FLATLAN_TRY(started, start_program({.words = std::move(words),
                                        .environment = std::move(environment),
                                        .namespaces = namespaces(),
                                        .output = log.get(),
                                        .errors = log.get()}));
    program_ = started;
    end_.reset();
    return write_run(name_ + ".pid", std::to_string(started) + "\n");
}

Result<NodeMachine::Ran> NodeMachine::run(std::vector<std::string> words,
                                          std::vector<std::string> environment,
                                          std::string_view input) const {
    FLATLAN_TRY(in, make_pipe());
    FLATLAN_TRY(out, make_pipe());
    const std::string program = base_name(words.front());
    FLATLAN_TRY(started, start_program({.words = std::move(words),
                                        .environment = std::move(environment),
                                        .namespaces = namespaces(),
                                        .input = in.read_end.get(),
                                        .output = out.write_end.get()}));
    in.read_end = UniqueFd{};
    out.write_end = UniqueFd{};
    // A pipe takes 64 KiB without a reader (pipe(7)), which is more than anybody asks a plugin.
    const ssize_t written = ::write(in.write_end.get(), input.data(), input.size());
    in.write_end = UniqueFd{};
    auto output = read_to_end(out.read_end);
    const int wait_status = wait_for_program(started);
    if (!output) return std::move(output).error();
    if (written != static_cast<ssize_t>(input.size()))
        return Error{ErrorCode::system, program + " did not read what it was asked"};
    return Ran{wait_status, std::move(output).value()};
}

void NodeMachine::look_after_program() {
    if (!program_) return;
    if (const auto ended = poll_program(*program_)) {
        end_ = ended;
        program_.reset();
    }
}

std::optional<pid_t> NodeMachine::program() {
    const std::lock_guard changing{mutex_};
    look_after_program();
    return program_;
}

bool NodeMachine::goes_on() {
    const std::lock_guard changing{mutex_};
    look_after_program();
    if (!program_) return false;
    siginfo_t told{};
    // It stays told until it goes on again.
    const bool asked =
        ::waitid(P_PID, static_cast<id_t>(*program_), &told, WSTOPPED | WNOHANG | WNOWAIT) == 0;
    return !asked || told.si_pid == 0;
}

std::optional<int> NodeMachine::end() {
    const std::lock_guard changing{mutex_};
    look_after_program();
    return end_;
}

DaemonStatus NodeMachine::status() {
    const std::lock_guard changing{mutex_};
    DaemonStatus status{.program = name_};
    look_after_program();
    if (program_)
        status.pid = *program_;
    else if (end_)
        status.ended = text_of_end(*end_) + ": " + last_words();
    return status;
}

void NodeMachine::end_program(std::chrono::milliseconds at_most) {
    {
        const std::lock_guard changing{mutex_};
        look_after_program();
        if (program_) ::kill(*program_, SIGTERM);
    }
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (program() && std::chrono::steady_clock::now() < deadline)
        ::poll(nullptr, 0, kLookMs);
    kill_program();
}

void NodeMachine::kill_program() {
    const std::lock_guard changing{mutex_};
    look_after_program();
    if (!program_) return;
    ::kill(*program_, SIGKILL);
    end_ = wait_for_program(*program_);
    program_.reset();
}

Result<std::string> NodeMachine::read_run(const std::string& file) const {
    const UniqueFd opened{::openat(run_.get(), file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!opened) return Error::from_errno(errno, "read a node's /run/" + file);
    return read_to_end(opened);
}

std::string NodeMachine::run_path(const std::string& file) const {
    return "/proc/self/fd/" + std::to_string(run_.get()) + "/" + file;
}

UniqueFd NodeMachine::hold_run() const { return UniqueFd{::fcntl(run_.get(), F_DUPFD_CLOEXEC, 0)}; }

Result<void> NodeMachine::write_run(const std::string& file, std::string_view text) const {
    const UniqueFd opened{
        ::openat(run_.get(), file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode)};
    if (!opened ||
        ::write(opened.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return Error::from_errno(errno, "write a node's /run/" + file);
    return success();
}

std::string NodeMachine::last_words() const {
    const auto log = read_run(name_ + ".log");
    if (!log || log.value().empty()) return "nothing in its log";
    const std::string_view text = std::string_view{log.value()}.substr(0, log.value().size() - 1);
    const std::size_t line = text.rfind('\n');
    return std::string{line == text.npos ? text : text.substr(line + 1)};
}

Result<std::string> NodeMachine::pin(const std::string& name, const Namespace& network) const {
    const std::string path = kNetnsFolder + "/" + name;
    const std::string source = "/proc/self/fd/" + std::to_string(network.fd());
    FLATLAN_TRY_VOID(look([&]() -> Result<void> {
        const UniqueFd place{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kFileMode)};
        if (!place || ::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0)
            return Error::from_errno(errno, "keep a network namespace at " + path);
        return success();
    }));
    return path;
}

Result<void> NodeMachine::unpin(const std::string& name) const {
    return look([path = kNetnsFolder + "/" + name]() -> Result<void> {
        const bool gone = ::umount2(path.c_str(), MNT_DETACH) == 0 || errno == EINVAL;
        if ((!gone || ::unlink(path.c_str()) != 0) && errno != ENOENT)
            return Error::from_errno(errno, "give up the network namespace at " + path);
        return success();
    });
}

Result<void> NodeMachine::power_off() {
    kill_program();
    return look([&]() -> Result<void> {
        for (const char* place : {kBootId, "/run"})
            if (::umount2(place, MNT_DETACH) != 0)
                return Error::from_errno(errno, std::string{"empty a node's "} + place);
        FLATLAN_TRY_VOID(boot());
        FLATLAN_TRY(run, open_run());
        run_ = std::move(run);
        return success();
    });
}

}  // namespace flatlan::lab
