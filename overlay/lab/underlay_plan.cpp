#include "overlay/lab/underlay_plan.hpp"

#include <bit>
#include <unordered_map>

namespace flatlan::lab {
namespace {

/// Gives out one prefix of the underlay. Holds the nodes by their index in the spec.
class UnderlayAddresses {
public:
    UnderlayAddresses(const LabSpec& spec, const IpPrefix& prefix) : spec_{spec}, prefix_{prefix} {}

    /// The address that the file names for the node.
    Result<void> give_named(std::size_t node, const IpAddress& address) {
        const auto refuse = [&](const std::string& why) {
            return Error{ErrorCode::invalid_argument,
                         "underlay address " + to_string(address) + " of node '" +
                             spec_.nodes[node].name.text() + "' " + why}
                .at(to_string(spec_.nodes[node].place));
        };
        if (!usable(address))
            return refuse(prefix_.contains(address) ? "is reserved in its prefix"
                                                    : "lies outside the underlay")
                .expecting("an address from " + range());
        const auto [holder, given] = holders_.try_emplace(address, node);
        if (given) return success();
        const NodeSpec& other = spec_.nodes[holder->second];
        return refuse("is also that of node '" + other.name.text() + "' (" +
                      to_string(other.place) + ")")
            .expecting("one of its own");
    }

    /// The address that the node has already; false when another one took it or it cannot stay.
    bool keep(std::size_t node, const IpAddress& address) {
        return usable(address) && holders_.try_emplace(address, node).second;
    }

    /// The lowest free address. There must be one: `plan_underlay` counts first.
    IpAddress give_free(std::size_t node) {
        while (!holders_.try_emplace(prefix_.at(next_), node).second)
            ++next_;
        return prefix_.at(next_++);
    }

private:
    bool usable(const IpAddress& address) const {
        return prefix_.contains(address) && address != prefix_.address() &&
               (address.is_ipv6() || address != prefix_.last());
    }

    std::string range() const {
        const IpAddress last =
            prefix_.family() == IpFamily::ipv6
                ? prefix_.last()
                : IpAddress::from_value(IpFamily::ipv4, prefix_.last().value() - 1);
        return to_string(prefix_.at(1)) + " to " + to_string(last);
    }

    const LabSpec& spec_;
    const IpPrefix prefix_;
    std::unordered_map<IpAddress, std::size_t> holders_;
    std::uint64_t next_ = 1;
};

/// The longest prefix that has addresses for so many nodes.
unsigned length_for(IpFamily family, std::size_t nodes) {
    const std::size_t reserved = family == IpFamily::ipv4 ? 2 : 1;
    return address_bits(family) - static_cast<unsigned>(std::bit_width(nodes + reserved - 1));
}

Result<void> check_room(const LabSpec& spec, const IpPrefix& prefix) {
    if (node_addresses(prefix) >= spec.nodes.size()) return success();
    const unsigned length = length_for(prefix.family(), spec.nodes.size());
    return Error{ErrorCode::invalid_argument,
                 "underlay prefix " + to_string(prefix) + " has addresses for " +
                     std::to_string(node_addresses(prefix)) + " nodes, and the lab has " +
                     std::to_string(spec.nodes.size())}
        .at(to_string(spec.places.underlay_cidrs))
        .expecting("a prefix of /" + std::to_string(length) + " or larger, such as " +
                   to_string(IpPrefix::containing(prefix.address(), length)));
}

using Running = std::unordered_map<NodeName, const PlannedNode*>;

Result<void> plan_prefix(const LabSpec& spec, const Running& running, const IpPrefix& prefix,
                         std::vector<IpAddresses>& planned) {
    FLATLAN_TRY_VOID(check_room(spec, prefix));
    const IpFamily family = prefix.family();
    UnderlayAddresses addresses{spec, prefix};
    for (std::size_t node = 0; node < spec.nodes.size(); ++node)
        if (const auto named = spec.nodes[node].underlay.find(family)) {
            FLATLAN_TRY_VOID(addresses.give_named(node, *named));
            planned[node].set(*named);
        }
    for (std::size_t node = 0; node < spec.nodes.size(); ++node) {
        if (planned[node].find(family)) continue;
        const auto known = running.find(spec.nodes[node].name);
        if (known == running.end()) continue;
        const auto address = known->second->underlay.find(family);
        if (address && addresses.keep(node, *address)) planned[node].set(*address);
    }
    for (std::size_t node = 0; node < spec.nodes.size(); ++node)
        if (!planned[node].find(family)) planned[node].set(addresses.give_free(node));
    return success();
}

/// An address of a family that the underlay has not would never be used: the file means another
/// underlay.
Result<void> check_families(const LabSpec& spec) {
    for (const NodeSpec& node : spec.nodes)
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            const auto named = node.underlay.find(family);
            if (!named) continue;
            bool known = false;
            for (const IpPrefix& prefix : spec.underlay_cidrs)
                known |= prefix.family() == family;
            if (known) continue;
            return Error{ErrorCode::invalid_argument,
                         "underlay address " + to_string(*named) + " of node '" + node.name.text() +
                             "' is " + std::string{to_string(family)} +
                             ", and the underlay has no " + std::string{to_string(family)} +
                             " prefix"}
                .at(to_string(node.place))
                .expecting("an address inside " + to_string(spec.underlay_cidrs.front()));
        }
    return success();
}

}  // namespace

std::uint64_t node_addresses(const IpPrefix& underlay) {
    const std::uint64_t all = underlay.count_of(address_bits(underlay.family()));
    const std::uint64_t reserved = underlay.family() == IpFamily::ipv4 ? 2 : 1;
    return all > reserved ? all - reserved : 0;
}

Result<std::vector<IpAddresses>> plan_underlay(const LabSpec& spec, const LabPlan& running) {
    FLATLAN_TRY_VOID(check_families(spec));
    Running known;
    known.reserve(running.nodes.size());
    for (const PlannedNode& node : running.nodes)
        known.emplace(node.name, &node);

    std::vector<IpAddresses> planned(spec.nodes.size());
    for (const IpPrefix& prefix : spec.underlay_cidrs)
        FLATLAN_TRY_VOID(plan_prefix(spec, known, prefix, planned));
    return planned;
}

}  // namespace flatlan::lab
