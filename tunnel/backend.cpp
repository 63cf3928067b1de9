#include "tunnel/backend.hpp"

#include "overlay/base/hash.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint32_t kIpv6LinkMtuMin = 1280;  // RFC 8200, section 5

/// Octets around an inner IP packet: outer IP header, UDP 8, VXLAN 8, inner Ethernet header 14.
std::uint32_t overhead_bytes(BackendKind kind, IpFamily outer) {
    if (kind == BackendKind::direct) return 0;
    return outer == IpFamily::ipv4 ? 50 : 70;
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
    const std::uint32_t least = carries_ipv6 ? kIpv6LinkMtuMin : OverlayMtu::kMin;
    if (underlay.value() < least + overhead)
        return Error{ErrorCode::invalid_argument,
                     "an underlay MTU of " + std::to_string(underlay.value()) +
                         " octets leaves less than " + std::to_string(least) + " for pods"}
            .expecting("at least " + std::to_string(least + overhead) + " octets");
    return OverlayMtu{underlay.value() - overhead};
}

}  // namespace flatlan::tunnel
