#include "overlay/lab/network_fields.hpp"

#include <algorithm>
#include <tuple>

#include "ipam/pool_spec.hpp"
#include "overlay/base/reserved_range.hpp"

namespace flatlan::lab {
namespace {

IpPrefix prefix_of(std::string_view text) { return IpPrefix::from_text(text).value(); }

std::string family_of(const IpPrefix& prefix) { return std::string{to_string(prefix.family())}; }

Result<void> check_usable(const YamlField& field, const IpPrefix& prefix) {
    const ReservedRange* const reserved = find_reserved(prefix);
    if (reserved == nullptr) return success();
    return field
        .error("is " + to_string(prefix) + " and overlaps the " + std::string{reserved->use} +
               " range " + std::string{reserved->prefix})
        .expecting(std::string{range_for_hosts(prefix.family())});
}

Result<void> check_apart(const LabSpec& spec, const SourcePlace& place) {
    for (const IpPrefix& pod_cidr : spec.pod_cidrs)
        for (const IpPrefix& underlay : spec.underlay_cidrs)
            if (pod_cidr.overlaps(underlay))
                return Error{ErrorCode::invalid_argument, "pod prefix " + to_string(pod_cidr) +
                                                              " overlaps the underlay's prefix " +
                                                              to_string(underlay)}
                    .at(to_string(place))
                    .expecting("prefixes without a common address");
    return success();
}

const IpPrefix* find_family(const std::vector<IpPrefix>& prefixes, IpFamily family) {
    const auto found = std::find_if(prefixes.begin(), prefixes.end(), [&](const IpPrefix& prefix) {
        return prefix.family() == family;
    });
    return found == prefixes.end() ? nullptr : &*found;
}

Result<void> read_block_lengths(const YamlField& sizes, LabSpec& into,
                                std::vector<std::string>& warnings) {
    FLATLAN_TRY_VOID(sizes.is_mapping_of({"ipv4", "ipv6"}));
    for (const auto& [key, family, length] :
         {std::tuple{"ipv4", IpFamily::ipv4, &into.block_length_ipv4},
          std::tuple{"ipv6", IpFamily::ipv6, &into.block_length_ipv6}}) {
        const auto size = sizes.find(key);
        if (!size) continue;
        const unsigned bits = address_bits(family);
        FLATLAN_TRY(read, size->number(bits - ipam::PoolSpec::kBlockHostBitsMax, bits));
        *length = static_cast<unsigned>(read);
        if (find_family(into.pod_cidrs, family) == nullptr)
            warnings.push_back(to_string(size->place()) + ": " + size->path() +
                               " has no effect: podCIDRs has no " + std::string{to_string(family)} +
                               " prefix");
    }
    return success();
}

/// A block must fit into the prefix that it is cut from.
Result<void> check_blocks(const LabSpec& spec, const SourcePlace& place) {
    for (const IpPrefix& cidr : spec.pod_cidrs) {
        const unsigned length = block_length(spec, cidr.family());
        if (length >= cidr.length_bits()) continue;
        return Error{ErrorCode::invalid_argument, "a block of /" + std::to_string(length) +
                                                      " is larger than the pod prefix " +
                                                      to_string(cidr)}
            .at(to_string(place))
            .expecting("blockSize " +
                       std::string{cidr.family() == IpFamily::ipv4 ? "ipv4" : "ipv6"} + " from " +
                       std::to_string(cidr.length_bits()) + " to " +
                       std::to_string(address_bits(cidr.family())));
    }
    return success();
}

}  // namespace

Result<std::vector<IpPrefix>> read_prefixes(const YamlField& list) {
    FLATLAN_TRY(items, list.items());
    if (items.empty()) return list.wrong_kind("one prefix, or one of each family");
    std::vector<IpPrefix> prefixes;
    for (const YamlField& item : items) {
        FLATLAN_TRY(prefix, item.prefix());
        FLATLAN_TRY_VOID(check_usable(item, prefix));
        if (const IpPrefix* other = find_family(prefixes, prefix.family()))
            return item
                .error("is " + to_string(prefix) + ", which " +
                       (other->overlaps(prefix) ? "overlaps " : "is of the same family as ") +
                       to_string(*other))
                .expecting("one " + family_of(prefix) + " prefix");
        prefixes.push_back(prefix);
    }
    return prefixes;
}

Result<IpAddresses> read_addresses(const YamlField& list) {
    FLATLAN_TRY(items, list.items());
    IpAddresses addresses;
    for (const YamlField& item : items) {
        FLATLAN_TRY(address, item.address());
        const std::string family{to_string(address.family())};
        if (addresses.find(address.family()))
            return item.error("is a second " + family + " address")
                .expecting("one address of each family");
        addresses.set(address);
    }
    return addresses;
}

Result<void> read_networks(const YamlField& spec, LabSpec& into,
                           std::vector<std::string>& warnings) {
    const YamlField pods = spec.find_or_empty("podCIDRs");
    const YamlField underlay = spec.find_or_empty("underlay").find_or_empty("cidrs");
    const YamlField sizes = spec.find_or_empty("blockSize");
    into.pod_cidrs = {prefix_of("10.244.0.0/16"), prefix_of("fd00:10:244::/56")};
    into.underlay_cidrs = {prefix_of("172.31.0.0/16")};
    if (spec.find("podCIDRs")) {
        FLATLAN_TRY(prefixes, read_prefixes(pods));
        into.pod_cidrs = prefixes;
    }
    if (spec.find_or_empty("underlay").find("cidrs")) {
        FLATLAN_TRY(prefixes, read_prefixes(underlay));
        into.underlay_cidrs = prefixes;
    }
    into.places.pod_cidrs = pods.place();
    into.places.underlay_cidrs = underlay.place();
    FLATLAN_TRY_VOID(check_apart(into, spec.find("podCIDRs") ? pods.place() : underlay.place()));
    FLATLAN_TRY_VOID(read_block_lengths(sizes, into, warnings));
    return check_blocks(into, spec.find("blockSize") ? sizes.place() : pods.place());
}

}  // namespace flatlan::lab
