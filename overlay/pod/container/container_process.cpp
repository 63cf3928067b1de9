#include "overlay/pod/container/container_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "overlay/pod/container/mounts.hpp"

namespace flatlan::pod {
namespace {

/// What is read of an output at a time, so that one container that writes without end does not keep
/// the others waiting.
constexpr std::size_t kReadSizeBytes = 64U << 10U;

}  // namespace

ContainerProcess::~ContainerProcess() {
    give_up();
    finish_log();
    remove_mounted_folder(folder_ + std::string{kDiskFolder});
    remove_mounted_folder(folder_);
    // The runtime's own note of it.
    remove_mounted_folder(context_.runtime.state_folder + "/" + id_);
}

Result<void> ContainerProcess::launch(const OciContainer& container, ContainerLog log) {
    log_.emplace(std::move(log));
    FLATLAN_TRY_VOID(make_folders(folder_));
    FLATLAN_TRY_VOID(write_whole_file(folder_ + "/config.json", oci_config(container)));
    const UniqueFd null{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    FLATLAN_TRY(out, Pipe::open());
    FLATLAN_TRY(err, Pipe::open());
    outputs_[0] = std::move(out.read_end);
    outputs_[1] = std::move(err.read_end);
    for (const LogStream stream : {LogStream::output, LogStream::error})
        FLATLAN_TRY_VOID(context_.loop.watch_reading(
            outputs_[static_cast<std::size_t>(stream)].get(), [this, stream] { read(stream); }));
    const std::uint64_t mark = context_.loop.child_mark();
    FLATLAN_TRY(runtime, spawn(context_.runtime.run_command(id_, folder_, folder_ + "/pid",
                                                            folder_ + "/runtime.log"),
                               {null.get(), out.write_end.get(), err.write_end.get()}));
    runtime_ = runtime;
    context_.loop.await_child(
        runtime, mark, [this, mark](int wait_status) { handle_launched(wait_status, mark); });
    return success();
}

void ContainerProcess::give_up() {
    // A runtime that is late may have started the container all the same.
    if (const pid_t pid = runtime_ == 0 ? 0 : read_pid(folder_ + "/pid"); pid != 0)
        kill(pid, SIGKILL);
    for (pid_t* const process : {&runtime_, &pid_}) {
        if (*process == 0) continue;
        context_.loop.forget_child(*process);
        kill(std::exchange(*process, 0), SIGKILL);
    }
}

void ContainerProcess::signal(int number) const {
    if (pid_ > 0) kill(pid_, number);
}

void ContainerProcess::handle_launched(int wait_status, std::uint64_t mark) {
    runtime_ = 0;
    const bool launched = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    const pid_t pid = launched ? read_pid(folder_ + "/pid") : 0;
    if (pid == 0) {
        std::string why = last_message(folder_ + "/runtime.log");
        if (why.empty())
            why = context_.runtime.program + " ended with status " + std::to_string(wait_status);
        log_->note("it cannot be started: " + why, wall_clock());
        finish_log();
        listener_.failed(std::move(why));
        return;
    }
    pid_ = pid;
    context_.loop.await_child(pid, mark, [this](int status) { handle_ended(status); });
    listener_.started();
}

void ContainerProcess::handle_ended(int wait_status) {
    pid_ = 0;
    finish_log();
    listener_.ended(wait_status);
}

void ContainerProcess::read(LogStream stream) {
    UniqueFd& output = outputs_[static_cast<std::size_t>(stream)];
    std::array<char, kReadSizeBytes> text;
    const ssize_t count = ::read(output.get(), text.data(), text.size());
    if (count > 0) {
        // A log that cannot be written (its disk is full) must not end the container.
        static_cast<void>(
            log_->append(stream, {text.data(), static_cast<std::size_t>(count)}, wall_clock()));
        return;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    context_.loop.forget(output.get());
    output.reset();
}

/// What is in the pipes still, and no more: a process that outlives the first one may have them
/// open.
void ContainerProcess::finish_log() {
    if (!log_) return;
    for (const LogStream stream : {LogStream::output, LogStream::error}) {
        UniqueFd& output = outputs_[static_cast<std::size_t>(stream)];
        // A pipe holds 64 KiB (pipe(7)).
        for (int i = 0; i < 2 && output; ++i)
            read(stream);
        if (!output) continue;
        context_.loop.forget(output.get());
        output.reset();
    }
    static_cast<void>(log_->finish(wall_clock()));
    log_.reset();
}

}  // namespace flatlan::pod
