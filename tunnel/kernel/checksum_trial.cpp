#include "tunnel/kernel/checksum_trial.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "overlay/base/undo.hpp"
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

}  // namespace

std::optional<ChecksumWay> way_to_try(const TunnelWanted& wanted, std::uint32_t unanswered) {
    std::vector<const TunnelNode*> peers;
    for (const TunnelNode& node : wanted.nodes)
        if (node.name != wanted.self.name && !node.overlay.empty()) peers.push_back(&node);
    if (peers.empty()) return std::nullopt;
    // In the order in which they follow this node, round and round.
    const auto place = [&](const TunnelNode* node) {
        return std::pair<bool, const NodeName&>{node->name < wanted.self.name, node->name};
    };
    const auto chosen = peers.begin() + static_cast<std::ptrdiff_t>(unanswered % peers.size());
    std::nth_element(
        peers.begin(), chosen, peers.end(),
        [&](const TunnelNode* one, const TunnelNode* other) { return place(one) < place(other); });
    const TunnelNode& peer = **chosen;
    const auto mtu = path_mtu(BackendKind::kernel, wanted, peer);
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        const auto from = wanted.self.overlay.find(family);
        const auto to = peer.overlay.find(family);
        if (from && to && mtu) return ChecksumWay{*from, *to, mtu.value()};
    }
    return std::nullopt;
}

Result<bool> ChecksumTrial::is_answered(std::size_t octets, int stop) const {
    FLATLAN_TRY(socket, run_in(network_, [&] { return open_probe(way_); }));
    const std::vector<std::byte> payload(octets, std::byte{0xa5});
    for (int attempt = 0; attempt < kTries; ++attempt) {
        if (::send(socket.get(), payload.data(), payload.size(), 0) < 0) {
            if (errno == ECONNREFUSED) return true;
            return false;  // no way there: nobody answers
        }
        std::array<pollfd, 2> waits{{{socket.get(), POLLIN, 0}, {stop, POLLIN, 0}}};
        if (::poll(waits.data(), waits.size(), kAnswerMs) <= 0) continue;
        if (waits[1].revents != 0)
            return Error{ErrorCode::interrupted, "ended while it tried " + name_.text()};
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
            error == ECONNREFUSED)
            return true;
    }
    return false;
}

Result<OffloadVerdict> ChecksumTrial::run(int stop) {
    const auto small = [&] { return is_answered(kSmallBytes, stop); };
    const auto fragmented = [&] { return is_answered(way_.mtu.value(), stop); };
    const std::string words = "-checksumming of " + name_.text() + " is off: with it ";

    FLATLAN_TRY(all_well, small());
    if (all_well) return OffloadVerdict{.known = true};
    FLATLAN_TRY(arrives, fragmented());
    const ChecksumOffload suspect = arrives ? ChecksumOffload::transmit : ChecksumOffload::receive;
    const auto turn = [&](bool on) {
        return switch_checksum_offload(network_, name_, suspect, on);
    };
    FLATLAN_TRY_VOID(turn(false));
    Undo leave_on{[&] { static_cast<void>(turn(true)); }};  // it is an error's that is told
    FLATLAN_TRY(helped, small());
    FLATLAN_TRY_VOID(turn(true));
    // Somebody filters, or is not there: no fault of ours to be seen.
    if (!helped) return OffloadVerdict{.known = arrives};
    // Perhaps the peer has only come meanwhile.
    FLATLAN_TRY(works, small());
    if (works) return OffloadVerdict{.known = true};
    FLATLAN_TRY_VOID(turn(false));
    leave_on.disarm();
    return OffloadVerdict{
        true, arrives
                  ? "tx" + words + "packets arrived at " + to_string(way_.to) + " corrupted"
                  : "rx" + words + "packets of " + to_string(way_.to) + " counted as corrupted"};
}

}  // namespace flatlan::tunnel
