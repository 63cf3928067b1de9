#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/pod/container/container_process.hpp"
#include "overlay/pod/lifecycle/pod_template.hpp"

namespace flatlan::pod {

/// Where a probe is made.
struct ProbeTarget {
    std::string container_id;  ///< as the runtime knows it
    std::string files;         ///< how the runtime's files begin, FILES.pid; no other probe's do
    int network_fd = -1;       ///< the pod's namespace, from inside of which the node asks
    IpAddresses addresses{};   ///< the pod's
};

/// One probe under way. It is answered once, at the latest when its time is over; gone before, it
/// is given up and not answered.
class ProbeRun {
public:
    using Answer = std::function<void(bool succeeded, std::string why)>;

    ProbeRun(ContainerContext& context, const Probe& probe, ProbeTarget target, Answer answer);
    ProbeRun(const ProbeRun&) = delete;
    ProbeRun& operator=(const ProbeRun&) = delete;
    ~ProbeRun();

    void begin(Instant now);
    /// When its time is over.
    Instant deadline() const { return deadline_; }
    void handle_timeout(Instant now);
    bool is_answered() const { return answered_; }

private:
    void begin_exec(const ExecAction& action);
    std::string pid_file() const { return target_.files + ".pid"; }
    std::string log_file() const { return target_.files + ".log"; }
    Result<void> start_command(const ExecAction& action);
    void handle_command_started(int wait_status, std::uint64_t mark);
    void begin_connection(Port port, std::string request);
    Result<void> connect(Port port);
    void handle_connected();
    void handle_reply();
    void answer(bool succeeded, std::string why);

    ContainerContext& context_;
    const Probe& probe_;
    ProbeTarget target_;
    Answer answer_;
    Instant deadline_{};
    bool answered_ = false;
    UniqueFd socket_{};
    std::string request_{};
    std::string reply_{};
    pid_t runtime_ = 0;  ///< while it starts the command
    pid_t command_ = 0;  ///< while it runs
};

}  // namespace flatlan::pod
