#include "tools/cli/target.hpp"

#include <algorithm>

#include "overlay/base/suggestion.hpp"
#include "overlay/base/text.hpp"

namespace flatlan::cli {
namespace {

constexpr std::string_view kNodePrefix = "node/";
constexpr std::string_view kUnderlay = "underlay";
/// Of those of a node, where it was named instead of one.
constexpr std::size_t kPodsNamed = 3;

bool has_address(const IpAddresses& addresses, const IpAddress& address) {
    return addresses.find(address.family()) == address;
}

/// Those whom somebody may have meant.
std::vector<std::string> near_names(std::string_view text, std::span<const std::string> names) {
    std::vector<std::string> near = nearest(text, names);
    // Someone who leaves out the namespace, or "node/", means the part that was typed.
    for (const std::string& name : names)
        if (near.empty() && name.ends_with("/" + std::string{text})) near.push_back(name);
    return near;
}

Error unknown(const lab::LabStatus& status, std::string_view text) {
    const std::vector<std::string> near = near_names(text, target_names(status));
    return Error{ErrorCode::invalid_argument,
                 "lab " + status.lab.text() + " has no pod or node '" + std::string{text} + "'"}
        .expecting(near.empty() ? "[NAMESPACE/]POD, node/NAME or an address, as 'flatlan ps' lists"
                                : join_alternatives(near));
}

}  // namespace

lab::ExecTarget Target::exec_target() const {
    if (underlay) return lab::ExecTarget::underlay();
    if (registry != nullptr) return lab::ExecTarget::of(registry->name);
    return pod != nullptr ? lab::ExecTarget::of(pod->name) : lab::ExecTarget::of(node->name);
}

std::string Target::place() const {
    if (underlay) return std::string{kUnderlay};
    if (pod != nullptr) return to_string(pod->name);
    return std::string{kNodePrefix} + (registry != nullptr ? registry->name : node->name).text();
}

IpAddresses Target::addresses() const {
    if (pod != nullptr) return pod->ips;
    return node != nullptr ? node->overlay : IpAddresses{};
}

Result<Target> find_target(const lab::LabStatus& status, std::string_view text) {
    if (text == kUnderlay) return Target{.underlay = true};
    const auto address = IpAddress::from_text(text);
    const auto name = PodName::from_text(text);
    const bool wants_node = text.starts_with(kNodePrefix);
    for (const lab::PodStatus& pod : status.pods) {
        const bool named = !wants_node && name && pod.name == name.value();
        if (named || (address && has_address(pod.ips, address.value()))) return Target{.pod = &pod};
    }
    for (const lab::NodeStatus& node : status.nodes) {
        const bool named = wants_node && node.name.text() == text.substr(kNodePrefix.size());
        const bool addressed = address && (has_address(node.overlay, address.value()) ||
                                           has_address(node.underlay, address.value()));
        if (named || addressed) return Target{.node = &node};
    }
    if (status.registry && wants_node &&
        status.registry->name.text() == text.substr(kNodePrefix.size()))
        return Target{.registry = &*status.registry};
    return unknown(status, text);
}

Result<Target> find_member(const lab::LabStatus& status, std::string_view text) {
    FLATLAN_TRY(target, find_target(status, text));
    if (target.pod == nullptr && target.node == nullptr)
        return Error{ErrorCode::invalid_argument,
                     (target.underlay ? std::string{"the underlay"}
                                      : "the node of etcd, " + target.place() + ",") +
                         " has no address on the flat network"}
            .expecting("a pod or a node");
    return target;
}

Result<NodeName> find_node(const lab::LabStatus& status, std::string_view text) {
    const std::string_view name =
        text.starts_with(kNodePrefix) ? text.substr(kNodePrefix.size()) : text;
    std::vector<std::string> names;
    for (const lab::NodeStatus& node : status.nodes) {
        if (node.name.text() == name) return node.name;
        names.push_back(node.name.text());
    }
    if (status.registry) {
        if (status.registry->name.text() == name) return status.registry->name;
        names.push_back(status.registry->name.text());
    }
    const std::vector<std::string> near = nearest(name, names);
    return Error{ErrorCode::invalid_argument,
                 "lab " + status.lab.text() + " has no node '" + std::string{name} + "'"}
        .expecting(near.empty() ? "a node that 'flatlan ps' lists" : join_alternatives(near));
}

Result<PodName> find_pod(const lab::LabStatus& status, std::string_view text) {
    const auto target = find_target(status, text);
    if (target && target.value().pod != nullptr) return target.value().pod->name;
    std::vector<std::string> likely = near_names(text, pod_names(status));
    if (target && target.value().node != nullptr)
        for (const lab::PodStatus& pod : status.pods)
            if (pod.node == target.value().node->name && likely.size() < kPodsNamed)
                likely.push_back(to_short_string(pod.name));
    const std::string named = quoted(text);
    return Error{
        ErrorCode::invalid_argument,
        target ? named + " is no pod" : "lab " + status.lab.text() + " has no pod " + named}
        .expecting(likely.empty() ? "[NAMESPACE/]POD or its address, as 'flatlan ps' lists"
                                  : join_alternatives(likely));
}

std::vector<std::string> pod_names(const lab::LabStatus& status) {
    std::vector<std::string> names;
    for (const lab::PodStatus& pod : status.pods)
        names.push_back(to_short_string(pod.name));
    return names;
}

std::vector<std::string> target_names(const lab::LabStatus& status) {
    std::vector<std::string> names = pod_names(status);
    for (const lab::NodeStatus& node : status.nodes)
        names.push_back(std::string{kNodePrefix} + node.name.text());
    if (status.registry) names.push_back(std::string{kNodePrefix} + status.registry->name.text());
    names.emplace_back(kUnderlay);
    return names;
}

}  // namespace flatlan::cli
