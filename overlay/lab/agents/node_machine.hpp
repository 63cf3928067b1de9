#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/lab/children.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"

/// Nodes of a lab on which real programs run: `flatland`, `flatlan-cni` and etcd, each in the
/// namespaces of its node.
namespace flatlan::lab {

/// The machine that such a node is: mount and UTS namespaces with a /run and a /var/lib of its own,
/// besides the network namespace that it is lent while it is on. What is in /var/lib stays while
/// the machine is off; what is in /run does not, and its boot id is another one afterwards.
class NodeMachine {
public:
    static Result<std::unique_ptr<NodeMachine>> create(const NodeName& name,
                                                       const Namespace& network);

    /// Runs a program there. Its log is at /run/PROGRAM.log, its process id in /run/PROGRAM.pid.
    Result<void> start(std::vector<std::string> words, std::vector<std::string> environment);
    /// Runs a program there to its end; answers what it wrote on standard output. `input` is what
    /// it reads there.
    struct Ran {
        int wait_status = 0;
        std::string output;
    };
    Result<Ran> run(std::vector<std::string> words, std::vector<std::string> environment,
                    std::string_view input) const;
    /// Calls `action` on a thread that sees the machine's files; the network is the caller's.
    Result<void> look(const std::function<Result<void>()>& action) const {
        return run_in_mounts(mounts_, action);
    }

    /// The process id of what `start` has started; empty once it has ended.
    std::optional<pid_t> program();
    /// Whether it is there and goes on: it may have been stopped (SIGSTOP).
    bool goes_on();
    /// How it ended; empty while it runs, and before the first start.
    std::optional<int> end();
    DaemonStatus status();
    /// Asks it to end, and has it end at once if it has not after that time.
    void end_program(std::chrono::milliseconds at_most);
    /// Has it end at once, whatever it does.
    void kill_program();

    /// The whole text of a file below /run, such as "flatlan/node.json". Error not_found.
    Result<std::string> read_run(const std::string& file) const;
    /// The path by which this process sees a file below /run, while this lives.
    std::string run_path(const std::string& file) const;
    /// Its /run, for who may outlive this; empty where there are too many descriptors.
    UniqueFd hold_run() const;
    Result<void> write_run(const std::string& file, std::string_view text) const;
    /// What the program wrote last; for who asks why it has ended.
    std::string last_words() const;

    /// Lets a network namespace be found at /run/netns/NAME; /run/netns/NAME is the answer.
    Result<std::string> pin(const std::string& name, const Namespace& network) const;
    /// Succeeds when it is not there.
    Result<void> unpin(const std::string& name) const;

    /// Kills the program, and empties /run.
    Result<void> power_off();
    /// With another network namespace.
    void power_on(const Namespace& network) { network_ = &network; }

    int mounts_fd() const { return mounts_.fd(); }
    int uts_fd() const { return uts_.fd(); }

private:
    NodeMachine(const Namespace& network, Namespace mounts, Namespace uts, UniqueFd run)
        : network_{&network},
          mounts_{std::move(mounts)},
          uts_{std::move(uts)},
          run_{std::move(run)} {}

    std::vector<int> namespaces() const { return {network_->fd(), uts_.fd(), mounts_.fd()}; }
    void look_after_program();

    const Namespace* network_;
    Namespace mounts_;
    Namespace uts_;
    UniqueFd run_;  ///< /run, from wherever it is seen

    mutable std::mutex mutex_;  ///< of what follows
    std::string name_;          ///< of the program
    std::optional<pid_t> program_;
    std::optional<int> end_;
};

}  // namespace flatlan::lab
