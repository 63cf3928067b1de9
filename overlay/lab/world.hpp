#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "overlay/lab/agents/programs.hpp"
#include "overlay/lab/api_values.hpp"
#include "overlay/lab/change_queue.hpp"
#include "overlay/lab/ipam_report.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/lab/workload.hpp"
#include "overlay/pod/container/pod_launch.hpp"

namespace flatlan::lab {

/// Told of each step of a `build`; an Error makes it give up.
using StepListener = std::function<Result<void>(const Progress&)>;

/// The emulated cluster itself: the underlay, the nodes and the pods, each a network namespace held
/// by its descriptor. Lives in the supervisor; needs every capability in its user namespace.
///
/// While it runs, the tunnels are watched: what somebody changes in a node is put right within a
/// second, by a thread of its own.
///
/// One thread at a time may change it (`build`, `apply`, `set_upkeep`, `stop_node` and so on), and
/// gives up its turn, where it is handed one, while it waits for containers; `status` and
/// `descriptors_of` may be called by any thread meanwhile and see the state before or after a step.
class World {
public:
    /// `programs` are there with Agents::process; `places` is where containers are made, if the lab
    /// has any.
    World(LabSpec spec, std::optional<AgentPrograms> programs, pod::ContainerPlaces places = {});
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    /// Makes everything that the plan names, and waits for the containers' first start, though not
    /// for ever. Error forbidden when there are containers and no runtime works. After an Error
    /// nothing of it may be used.
    Result<void> build(const LabPlan& plan, ChangeQueue::Turn& turn, const StepListener& step);

    /// Adds and removes nodes and pods until the lab is what `wanted` says; the others are not
    /// touched. When a step fails, what this call had added is taken away again. Error
    /// invalid_argument when `wanted` differs in what cannot change: prefixes, block sizes,
    /// underlay, tunnel. Error unavailable while a node is stopped, and when a rollout does not get
    /// on. Error conflict when another apply came meanwhile and goes on with the rollout.
    Result<ApplyReport> apply(const LabSpec& wanted, ChangeQueue::Turn& turn);
    /// The same with another number of pods of one workload; what the others run is let be. Errors
    /// of `apply` and of `scaled`.
    Result<ScaleReport> scale(const ScaleRequest& request, ChangeQueue::Turn& turn);

    /// With `on`, tunnels are put right at once and kept so from then on, as they are from the
    /// beginning. Without, nothing is: somebody wants to break them and look.
    Result<void> set_upkeep(bool on);

    /// As when a node's machine loses its power and gets it again: its pods and links are gone
    /// meanwhile, its blocks stay its own. Pods of a workload are replaced on other nodes, with new
    /// addresses; they stay there. The others are told nothing. Nothing happens when the
    /// node is so already. Error not_found for a name that is not there.
    Result<void> stop_node(const NodeName& name, ChangeQueue::Turn& turn);
    Result<void> start_node(const NodeName& name, ChangeQueue::Turn& turn);

    /// Puts the tunnel of a node right, whatever is wrong with it. Error not_found for a name that
    /// is not there.
    Result<void> repair(const NodeName& node);

    /// Whoever waits for containers goes on, now and from now on: the lab is about to end.
    void end_waits();

    /// Removes all devices, so that they are gone, not merely about to go, when the process ends.
    Result<void> tear_down();

    /// Looks at the leases of every node, at the registry and at all namespaces.
    Result<ipam::ClusterSurvey> survey_ipam() const;
    /// Ends those of the leases that are still as they are here and still used by nobody; returns
    /// them.
    Result<std::vector<IpamReport::HeldLease>> release_unused(
        const std::vector<IpamReport::HeldLease>& leases);

    /// A child of this process has ended; it may be a container. From any thread.
    void handle_child(pid_t child, int wait_status);

    /// Without what the daemons of nodes alone know.
    LabStatus status() const;
    /// With that too; a daemon that does not answer within two seconds tells nothing.
    LabStatus status_with_daemons() const;
    /// The same, each node's tunnel peer by peer; waits for a change that is under way.
    LabStatus status_with_peers() const;
    /// Errors: not_found, and unavailable while the container does not run.
    Result<pod::ContainerEntry> entry_of(const PodName& pod, const std::string& container) const;
    /// Error not_found for a name that is not there.
    Result<SandboxDescriptors> descriptors_of(const PodName& pod);
    Result<SandboxDescriptors> descriptors_of(const NodeName& node);
    /// Of what connects the nodes. Error unavailable until the lab runs.
    Result<SandboxDescriptors> descriptors_of_underlay();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace flatlan::lab
