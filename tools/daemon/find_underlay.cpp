#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "overlay/linux/address.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tools/daemon/underlay.hpp"

namespace flatlan::daemon {
namespace {

IpAddress address_of(const sockaddr* from) {
    if (from->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, from, sizeof in);
        return Ipv4Address{ntohl(in.sin_addr.s_addr)};
    }
    sockaddr_in6 in{};
    std::memcpy(&in, from, sizeof in);
    std::array<std::byte, Ipv6Address::kSizeBytes> octets{};
    std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    return Ipv6Address::from_octets(octets);
}

/// What the names stand for; one that cannot be resolved now is passed over.
std::vector<IpAddress> resolve(const std::vector<std::string>& hosts) {
    std::vector<IpAddress> addresses;
    for (const std::string& host : hosts) {
        addrinfo wanted{};
        wanted.ai_socktype = SOCK_DGRAM;
        addrinfo* found = nullptr;
        if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) continue;
        for (const addrinfo* at = found; at != nullptr; at = at->ai_next)
            if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
                addresses.push_back(address_of(at->ai_addr));
        ::freeaddrinfo(found);
    }
    return addresses;
}

/// A datagram socket that is connected has chosen its source; nothing is sent.
std::optional<IpAddress> source_to(const IpAddress& target) {
    constexpr std::uint16_t kDiscard = 9;
    sockaddr_storage there{};
    socklen_t size = 0;
    if (target.is_ipv4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(kDiscard);
        in.sin_addr.s_addr = htonl(target.ipv4().value());
        std::memcpy(&there, &in, size = sizeof in);
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(kDiscard);
        const auto octets = target.ipv6().octets();
        std::memcpy(&in.sin6_addr, octets.data(), octets.size());
        std::memcpy(&there, &in, size = sizeof in);
    }
    const UniqueFd socket{::socket(there.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket || ::connect(socket.get(), reinterpret_cast<sockaddr*>(&there), size) != 0)
        return std::nullopt;
    sockaddr_storage own{};
    size = sizeof own;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0)
        return std::nullopt;
    return address_of(reinterpret_cast<const sockaddr*>(&own));
}

constexpr IfIndex kLoopback{1};

bool in_any(const std::vector<IpPrefix>& prefixes, const IpAddress& address) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

/// Whether other nodes might reach it, wherever it is.
bool is_for_nodes(const IpAddress& address) {
    if (address.is_ipv4()) return !address.ipv4().is_loopback() && !address.ipv4().is_link_local();
    return !address.ipv6().is_loopback() && !address.ipv6().is_link_local();
}

/// Every address of the machine that other nodes might reach.
Result<std::vector<UnderlayCandidate>> list_candidates(Netlink& netlink,
                                                       const std::vector<Link>& links,
                                                       const std::vector<IpPrefix>& pod_prefixes) {
    FLATLAN_TRY(addresses, list_addresses(netlink));
    std::vector<UnderlayCandidate> candidates;
    for (const InterfaceAddress& found : addresses) {
        const auto link = std::find_if(links.begin(), links.end(), [&](const Link& each) {
            return each.index == found.device;
        });
        if (link == links.end() || !is_for_nodes(found.address)) continue;
        // Of an earlier run of this node: its own address on the flat network.
        if (found.device == kLoopback && in_any(pod_prefixes, found.address)) continue;
        const bool alone = found.length_bits == address_bits(found.address.family());
        candidates.push_back({link->name, found.address, alone});
    }
    return candidates;
}

}  // namespace

Result<Underlay> find_underlay(const Namespace& network, const UnderlayWish& wish) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(links, list_links(netlink));
    FLATLAN_TRY(candidates, list_candidates(netlink, links, wish.pod_prefixes));
    FLATLAN_TRY(answer, choose_underlay({.interface = wish.interface,
                                         .address = wish.address,
                                         .candidates = std::move(candidates),
                                         .towards = resolve(wish.registry_hosts),
                                         .source_to = source_to}));
    const auto link = std::find_if(links.begin(), links.end(), [&](const Link& each) {
        return each.name == answer.chosen.interface;
    });
    return Underlay{.interface = link->name,
                    .address = answer.chosen.address,
                    .mtu = link->mtu,
                    .mac = link->mac,
                    .alone = answer.chosen.alone,
                    .reason = answer.reason};
}

Result<std::optional<UnderlayCandidate>> find_successor(const Namespace& network,
                                                        const Underlay& before,
                                                        const UnderlayWish& wish) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(addresses, list_addresses(netlink));
    // Of hundreds of pods' links nobody need know while all is well.
    if (std::any_of(addresses.begin(), addresses.end(),
                    [&](const InterfaceAddress& found) { return found.address == before.address; }))
        return std::optional<UnderlayCandidate>{};
    FLATLAN_TRY(links, list_links(netlink));
    FLATLAN_TRY(candidates, list_candidates(netlink, links, wish.pod_prefixes));
    return choose_successor(before, wish.address.has_value(), candidates);
}

}  // namespace flatlan::daemon
