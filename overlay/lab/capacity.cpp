#include "overlay/lab/capacity.hpp"

#include <bit>
#include <unordered_map>

namespace flatlan::lab {
namespace {

std::unordered_map<NodeName, std::uint64_t> addresses_per_node(const LabPlan& plan) {
    std::unordered_map<NodeName, std::uint64_t> addresses;
    addresses.reserve(plan.nodes.size());
    for (const PlannedNode& node : plan.nodes)
        addresses.emplace(node.name, 1);
    for (const PlannedPod& pod : plan.pods)
        ++addresses[pod.node];
    return addresses;
}

std::string counted(std::uint64_t count, const std::string& thing) {
    return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

/// What would be enough, for a lab that needs `blocks` blocks.
std::string enough(const IpPrefix& cidr, unsigned block_bits, std::uint64_t blocks) {
    const auto bits = static_cast<unsigned>(std::bit_width(blocks - 1));
    if (bits >= block_bits) return "a longer blockSize or fewer nodes and pods";
    const IpPrefix larger = IpPrefix::containing(cidr.address(), block_bits - bits);
    return "a prefix of /" + std::to_string(larger.length_bits()) + " or larger, such as " +
           to_string(larger) + ", or smaller blocks";
}

}  // namespace

Result<void> check_capacity(const LabSpec& spec, const LabPlan& plan) {
    const auto addresses = addresses_per_node(plan);
    for (const IpPrefix& cidr : spec.pod_cidrs) {
        const unsigned block_bits = block_length(spec, cidr.family());
        const IpPrefix block = cidr.subprefix(block_bits, 0);
        const std::uint64_t block_addresses = block.count_of(address_bits(cidr.family()));
        std::uint64_t needed = 0;
        for (const auto& [node, count] : addresses)
            needed += count / block_addresses + (count % block_addresses != 0 ? 1 : 0);
        const std::uint64_t there = cidr.count_of(block_bits);
        if (needed <= there) continue;
        return Error{ErrorCode::invalid_argument,
                     "pod prefix " + to_string(cidr) +
                         " is too small: " + counted(plan.nodes.size(), "node") + " and " +
                         counted(plan.pods.size(), "pod") + " need " + counted(needed, "block") +
                         " of /" + std::to_string(block_bits) + ", and it has " +
                         std::to_string(there)}
            .at(to_string(spec.places.pod_cidrs))
            .expecting(enough(cidr, block_bits, needed));
    }
    return success();
}

}  // namespace flatlan::lab
