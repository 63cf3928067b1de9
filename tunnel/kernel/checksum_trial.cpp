#include "tunnel/kernel/checksum_trial.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "overlay/linux/offload.hpp"
#include "overlay/linux/socket_address.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::tunnel {
namespace {

/// Above the ports that kernels give to programs (ip_local_port_range), and nobody's by IANA's
/// list.
constexpr Port kUnusedPort{61'001};
constexpr int kTries = 3;
constexpr int kAnswerMs = 150;
constexpr std::size_t kSmallBytes = 64;

Result<UniqueFd> open_probe(const ChecksumWay& way) {
    UniqueFd socket{
        ::socket(way.from.is_ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket) return Error::from_errno(errno, "open a UDP socket");
    SocketAddress from = SocketAddress::from(way.from, Port::any());
    if (::bind(socket.get(), from.get(), from.size_bytes) != 0)
        return Error::from_errno(errno, "bind to " + to_string(way.from));
    SocketAddress to = SocketAddress::from(way.to, kUnusedPort);
    if (::connect(socket.get(), to.get(), to.size_bytes) != 0)
        return Error::from_errno(errno, "connect to " + to_string(way.to));
    return socket;
}

/// Whether the peer said that nobody listens.
Result<bool> is_answered(const Namespace& network, const ChecksumWay& way, std::size_t octets) {
    FLATLAN_TRY(socket, run_in(network, [&] { return open_probe(way); }));
    const std::vector<std::byte> payload(octets, std::byte{0xa5});
    for (int attempt = 0; attempt < kTries; ++attempt) {
        if (::send(socket.get(), payload.data(), payload.size(), 0) < 0) {
            if (errno == ECONNREFUSED) return true;
            return false;  // no way there: nobody answers
        }
        pollfd answer{socket.get(), POLLIN, 0};
        if (::poll(&answer, 1, kAnswerMs) <= 0) continue;
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
            error == ECONNREFUSED)
            return true;
    }
    return false;
}

}  // namespace

std::optional<ChecksumWay> way_to_try(const TunnelWanted& wanted) {
    const TunnelNode* next = nullptr;
    const TunnelNode* first = nullptr;
    for (const TunnelNode& node : wanted.nodes) {
        if (node.name == wanted.self.name || node.overlay.empty()) continue;
        if (first == nullptr || node.name < first->name) first = &node;
        if (wanted.self.name < node.name && (next == nullptr || node.name < next->name))
            next = &node;
    }
    const TunnelNode* const peer = next != nullptr ? next : first;
    if (peer == nullptr) return std::nullopt;
    const auto mtu = path_mtu(BackendKind::kernel, wanted, *peer);
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        const auto from = wanted.self.overlay.find(family);
        const auto to = peer->overlay.find(family);
        if (from && to && mtu) return ChecksumWay{*from, *to, mtu.value()};
    }
    return std::nullopt;
}

Result<ChecksumVerdict> try_checksums(const Namespace& network, const InterfaceName& device,
                                      const ChecksumWay& way) {
    const auto small = [&] { return is_answered(network, way, kSmallBytes); };
    const auto fragmented = [&] { return is_answered(network, way, way.mtu.value()); };
    const std::string words = "-checksumming of " + device.text() + " is off: with it ";

    FLATLAN_TRY(all_well, small());
    if (all_well) return ChecksumVerdict{.known = true};
    FLATLAN_TRY(arrives, fragmented());
    const ChecksumOffload suspect = arrives ? ChecksumOffload::transmit : ChecksumOffload::receive;
    FLATLAN_TRY_VOID(switch_checksum_offload(network, device, suspect, false));
    FLATLAN_TRY(helped, small());
    FLATLAN_TRY_VOID(switch_checksum_offload(network, device, suspect, true));
    // Somebody filters, or is not there: no fault of ours to be seen.
    if (!helped) return ChecksumVerdict{.known = arrives};
    // Perhaps the peer has only come meanwhile.
    FLATLAN_TRY(works, small());
    if (works) return ChecksumVerdict{.known = true};
    FLATLAN_TRY_VOID(switch_checksum_offload(network, device, suspect, false));
    return ChecksumVerdict{
        true, arrives ? "tx" + words + "packets arrived at " + to_string(way.to) + " corrupted"
                      : "rx" + words + "packets of " + to_string(way.to) + " counted as corrupted"};
}

}  // namespace flatlan::tunnel
