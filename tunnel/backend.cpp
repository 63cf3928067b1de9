#include "tunnel/backend.hpp"

#include <algorithm>

#include "overlay/base/hash.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint32_t kIpv6LinkMtuMin = 1280;  // RFC 8200, section 5

/// Octets around an inner IP packet: outer IP header, UDP 8, VXLAN 8, inner Ethernet header 14.
std::uint32_t overhead_bytes(BackendKind kind, IpFamily outer) {
    if (kind == BackendKind::direct) return 0;
    return outer == IpFamily::ipv4 ? 50 : 70;
}

/// What every link passes (RFC 8200, section 5; RFC 791, section 3.2).
std::uint32_t least_mtu(bool carries_ipv6) {
    return carries_ipv6 ? kIpv6LinkMtuMin : OverlayMtu::kMin;
}

}  // namespace

std::string_view to_string(BackendKind kind) {
    switch (kind) {
        case BackendKind::kernel:
            return "kernel";
        case BackendKind::user:
            return "user";
        case BackendKind::direct:
            return "direct";
    }
    return "kernel";
}

Result<BackendKind> backend_from_text(std::string_view text) {
    for (const BackendKind kind : {BackendKind::kernel, BackendKind::user, BackendKind::direct})
        if (to_string(kind) == text) return kind;
    return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no tunnel backend"}
        .expecting("kernel, user or direct");
}

MacAddress endpoint_mac(const NodeName& node, Vni vni) {
    return MacAddress::local_from(hash_join(stable_hash(node.text()), vni.value()));
}

Result<OverlayMtu> overlay_mtu(BackendKind kind, UnderlayMtu underlay, IpFamily outer,
                               bool carries_ipv6) {
    const std::uint32_t overhead = overhead_bytes(kind, outer);
    const std::uint32_t least = least_mtu(carries_ipv6);
    if (underlay.value() < least + overhead)
        return Error{ErrorCode::invalid_argument,
                     "an underlay MTU of " + std::to_string(underlay.value()) +
                         " octets leaves less than " + std::to_string(least) + " for pods"}
            .expecting("at least " + std::to_string(least + overhead) + " octets");
    return OverlayMtu{underlay.value() - overhead};
}

bool carries_ipv6(const TunnelSettings& settings) {
    return std::any_of(settings.cluster_prefixes.begin(), settings.cluster_prefixes.end(),
                       [](const IpPrefix& prefix) { return prefix.family() == IpFamily::ipv6; });
}

Result<OverlayMtu> path_mtu(BackendKind kind, const TunnelWanted& wanted, const TunnelNode& peer) {
    const bool ipv6 = carries_ipv6(wanted.settings);
    const IpFamily outer = wanted.self.endpoint.family();
    FLATLAN_TRY(mtu, overlay_mtu(kind, wanted.settings.underlay_mtu, outer, ipv6));
    const auto narrow = std::find_if(wanted.narrow_paths.begin(), wanted.narrow_paths.end(),
                                     [&](const PathMtu& path) { return path.node == peer.name; });
    if (narrow == wanted.narrow_paths.end()) return mtu;
    const auto measured = overlay_mtu(kind, narrow->mtu, outer, ipv6);
    return std::min(mtu, measured ? measured.value() : OverlayMtu{least_mtu(ipv6)});
}

}  // namespace flatlan::tunnel
