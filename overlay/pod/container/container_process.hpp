#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "overlay/pod/container/container_log.hpp"
#include "overlay/pod/container/event_loop.hpp"
#include "overlay/pod/container/launch_slots.hpp"
#include "overlay/pod/container/oci_config.hpp"
#include "overlay/pod/container/oci_runtime.hpp"
#include "overlay/pod/container/process.hpp"

namespace flatlan::pod {

/// What all containers of a lab have in common; belongs to the engine.
struct ContainerContext {
    EventLoop& loop;
    LaunchSlots& slots;
    OciRuntime runtime{};
    bool bind_sys = false;
    bool changed = true;  ///< a machine was told something, so that there may be something to do
};

/// In the folder of a run, what the container writes; a file system of its own is mounted there.
inline constexpr std::string_view kDiskFolder = "/disk";

/// One run of one container: its bundle, its first process and its two outputs.
class ContainerProcess {
public:
    struct Listener {
        std::function<void()> started;
        std::function<void(std::string why)> failed;  ///< it never ran
        std::function<void(int wait_status)> ended;
    };

    /// `folder` is the run's own, `id` unique among all containers.
    ContainerProcess(ContainerContext& context, std::string folder, std::string id,
                     Listener listener)
        : context_{context},
          folder_{std::move(folder)},
          id_{std::move(id)},
          listener_{std::move(listener)} {}
    ContainerProcess(const ContainerProcess&) = delete;
    ContainerProcess& operator=(const ContainerProcess&) = delete;
    /// Gives up what is under way. Its folder goes too.
    ~ContainerProcess();

    /// Has the runtime start it; one call of the listener follows, and `ended` after `started`.
    /// Errors are of what comes before the runtime is asked.
    Result<void> launch(const OciContainer& container, ContainerLog log);
    /// Ends it, a launch that is under way too, and no call of the listener follows.
    void give_up();
    /// Sends a signal to its first process, if it runs.
    void signal(int number) const;

    /// Of its first process; 0 when it does not run.
    pid_t pid() const { return pid_; }
    const std::string& id() const { return id_; }
    const std::string& folder() const { return folder_; }

private:
    void handle_launched(int wait_status, std::uint64_t mark);
    void handle_ended(int wait_status);
    void read(LogStream stream);
    void finish_log();

    ContainerContext& context_;
    std::string folder_;
    std::string id_;
    Listener listener_;
    pid_t pid_ = 0;
    pid_t runtime_ = 0;  ///< while a launch is under way
    std::optional<ContainerLog> log_{};
    UniqueFd outputs_[2]{};
};

}  // namespace flatlan::pod
