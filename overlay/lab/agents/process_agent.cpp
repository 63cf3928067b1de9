#include "overlay/lab/agents/process_agent.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>

#include "overlay/base/undo.hpp"
#include "overlay/lab/agents/daemon_answer.hpp"
#include "overlay/lab/agents/node_leases.hpp"
#include "overlay/lab/api_client.hpp"
#include "overlay/lab/lease_key.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/machine_namespaces.hpp"
#include "overlay/node/published/node_file.hpp"

namespace flatlan::lab {
namespace {

using Clock = std::chrono::steady_clock;

/// For a hundred daemons that start on one processor, and the registry before them.
constexpr std::chrono::seconds kJoinMax{120};
constexpr int kLookMs = 5;
/// For a daemon's last words to the registry; it is killed afterwards.
constexpr std::chrono::seconds kEndMax{5};
/// For a daemon to take another's blocks back, which it does through the registry. What one that is
/// mute was asked holds, too, should it do it later.
constexpr std::chrono::seconds kTakeBackMax{10};

const InterfaceName kUplink{"eth0"};
const InterfaceName kLoopback{"lo"};

/// All that daemon and plugin have made, so that it is gone at once and not a moment later.
Result<void> remove_own_links(const Namespace& network) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(links, list_links(netlink));
    for (const Link& link : links)
        if (link.name != kUplink && link.name != kLoopback)
            FLATLAN_TRY_VOID(remove_link(netlink, link.name));
    return success();
}

}  // namespace

Result<std::unique_ptr<ProcessAgent>> ProcessAgent::create(const PlannedNode& plan,
                                                           const Namespace& network,
                                                           const AgentCluster& cluster) {
    FLATLAN_TRY(machine, NodeMachine::create(plan.name, network));
    return std::unique_ptr<ProcessAgent>{
        new ProcessAgent{plan, network, cluster, std::move(machine)}};
}

ProcessAgent::ProcessAgent(const PlannedNode& plan, const Namespace& network,
                           const AgentCluster& cluster, std::unique_ptr<NodeMachine> machine)
    : plan_{plan},
      network_{&network},
      cluster_{cluster},
      machine_{std::move(machine)},
      cni_{*machine_, cluster.programs.flatlan_cni, kConflist} {}

Result<void> ProcessAgent::start_daemon() {
    FLATLAN_TRY_VOID(machine_->write_run(kDaemonSettings, daemon_settings(cluster_, plan_)));
    return machine_->start(
        {cluster_.programs.flatland.string(), "--config", std::string{"/run/"} + kDaemonSettings},
        inherited_environment());
}

Result<void> ProcessAgent::join(Instant) { return start_daemon(); }

Result<void> ProcessAgent::await_joined() {
    const std::string node = "node '" + plan_.name.text() + "'";
    const auto deadline = Clock::now() + kJoinMax;
    while (!machine_->read_run(kConflist)) {
        if (const auto end = machine_->end())
            return Error{ErrorCode::system, node + ": flatland ended with " + text_of_end(*end) +
                                                ": " + machine_->last_words()};
        if (Clock::now() > deadline)
            return Error{ErrorCode::timed_out, node + " takes no pods: " + machine_->last_words()};
        ::poll(nullptr, 0, kLookMs);
    }
    return success();
}

Result<std::vector<pod::SandboxSpec>> ProcessAgent::allocate(Instant,
                                                             std::span<const PodName> pods) {
    std::vector<pod::SandboxSpec> specs;
    for (const PodName& pod : pods)
        specs.push_back({.name = to_string(pod), .node_end = kUplink, .addresses = {}});
    return specs;
}

Result<pod::Sandbox> ProcessAgent::create_one(pod::SandboxSpec& spec) {
    std::string id = spec.name + "-" + std::to_string(next_container_++);
    std::replace(id.begin(), id.end(), '/', '.');  // no part of a lease's key has one
    FLATLAN_TRY(key, ipam::LeaseKey::from(kNetworkName, id, "eth0"));
    FLATLAN_TRY(network, Namespace::create_network());
    FLATLAN_TRY(path, machine_->pin(id, network));
    Undo unpin{[&] {
        // The error that led here is what is told.
        static_cast<void>(machine_->unpin(id));
    }};
    FLATLAN_TRY(addresses, cni_.add({id, path, spec.name}));
    unpin.disarm();
    spec.addresses = addresses;
    spec.lease_key = key.text();
    return pod::Sandbox{std::move(network)};
}

Result<std::vector<pod::Sandbox>> ProcessAgent::create(std::span<pod::SandboxSpec> specs) {
    std::vector<pod::Sandbox> made;
    Undo take_back{[&] {
        for (std::size_t i = 0; i < made.size(); ++i)
            static_cast<void>(remove_one(specs[i]));
    }};
    for (pod::SandboxSpec& spec : specs) {
        auto sandbox = create_one(spec);
        if (!sandbox)
            return std::move(sandbox).error().within("pod '" + spec.name + "' on node '" +
                                                     plan_.name.text() + "'");
        made.push_back(std::move(sandbox).value());
    }
    take_back.disarm();
    return made;
}

Result<void> ProcessAgent::remove_one(const pod::SandboxSpec& spec) {
    if (spec.lease_key.empty()) return success();  // never made
    FLATLAN_TRY(key, ipam::LeaseKey::from_text(spec.lease_key));
    const std::string id{key.container()};
    FLATLAN_TRY_VOID(cni_.del({id, "/run/netns/" + id}));
    return machine_->unpin(id);
}

Result<void> ProcessAgent::remove(Instant, std::span<const pod::SandboxSpec> specs) {
    for (const pod::SandboxSpec& spec : specs)
        FLATLAN_TRY_VOID(remove_one(spec));
    return success();
}

Result<void> ProcessAgent::power_off() {
    FLATLAN_TRY_VOID(machine_->power_off());
    return remove_own_links(*network_);
}

Result<void> ProcessAgent::power_on(const Namespace& network) {
    network_ = &network;
    machine_->power_on(network);
    return start_daemon();
}

Result<void> ProcessAgent::revive() {
    if (machine_->program()) return success();
    // A person may have changed its settings: they are not written again.
    return machine_->start(
        {cluster_.programs.flatland.string(), "--config", std::string{"/run/"} + kDaemonSettings},
        inherited_environment());
}

/// It ends its sign of life, so that another node may have the name at once. A daemon does not give
/// its blocks back, since it does not know that its machine is gone for good: see `take_back_from`.
Result<void> ProcessAgent::leave(Instant) {
    machine_->end_program(kEndMax);
    return success();
}

Result<void> ProcessAgent::take_back_from(const NodeName& gone) {
    // As `flatlan node remove NAME --force` (tools/daemon/api): if it was killed or had no power it
    // seems to be alive for a while.
    const auto answer =
        ask(machine_->run_path(kDaemonSocket),
            {"POST", "/v1/nodes/" + gone.text() + "/remove/forced", ""}, kTakeBackMax);
    if (answer || answer.error().code() == ErrorCode::not_found) return success();
    return Error{answer.error()}.within("take back the blocks of node '" + gone.text() + "'");
}

Result<IpAddresses> ProcessAgent::overlay() const {
    FLATLAN_TRY(text, machine_->read_run("flatlan/node.json"));
    FLATLAN_TRY(told, node::node_file_from_json(text));
    return told.overlay;
}

void ProcessAgent::show(NodeStatus& status, const control::Directory*) const {
    if (const auto own = overlay()) status.overlay = own.value();
    if (const auto leases = view_leases(*machine_))
        for (const ipam::HeldBlock& held : leases.value().blocks)
            status.blocks.push_back(held.block);
    status.daemon = machine_->status();
}

Result<ipam::NodeSurvey> ProcessAgent::survey(Instant, const SurveyScope& scope) const {
    FLATLAN_TRY(survey, survey_leases(*machine_, plan_.name));
    survey.kept = scope.kept;
    survey.kept.insert(ipam::LeaseKey::of_node(plan_.name));
    for (const Namespace* network : scope.networks) {
        FLATLAN_TRY(live, live_addresses_in(*network));
        survey.live.insert(survey.live.end(), live.begin(), live.end());
    }
    return survey;
}

Result<std::vector<ipam::Lease>> ProcessAgent::release_unused(Instant now, const SurveyScope& scope,
                                                              std::span<const ipam::Lease> leases) {
    FLATLAN_TRY(last_look, survey(now, scope));
    std::vector<ipam::Lease> unused = ipam::leaked_leases(last_look);
    std::erase_if(unused, [&](const ipam::Lease& lease) {
        return std::find(leases.begin(), leases.end(), lease) == leases.end();
    });
    return release_leases(*machine_, unused);
}

}  // namespace flatlan::lab
