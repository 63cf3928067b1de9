#include "overlay/probe/io/path_probe.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>

#include "overlay/base/bytes.hpp"
#include "overlay/probe/io/socket_address.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::probe {
namespace {

/// Far above a round trip between two nodes, and small beside the five seconds within which a
/// narrower way has to be known.
constexpr std::chrono::milliseconds kPatience{300};
/// Each has a socket; an ordinary user may have no more than 1,024 files open.
constexpr std::size_t kProbesAtOnce = 256;
constexpr std::size_t kEchoBytes = 8;  // type, code, checksum, identifier, sequence
constexpr std::size_t kIpv4HeaderBytes = 20;
constexpr std::size_t kIpv6HeaderBytes = 40;
constexpr std::size_t kPacketBytesMax = 65535;
constexpr std::uint32_t kSizesAtOnce = 40;

std::uint32_t step(const SizeBracket& bracket) {
    return (bracket.most - bracket.least + kSizesAtOnce - 1) / kSizesAtOnce;
}

/// Hears only of its target (connect on a raw socket: raw(7)); a packet that is too big for the
/// interface is refused, and what routers said before does not count (ip(7), IP_PMTUDISC_PROBE).
/// None where there is no way at all. The thread is in the probe's namespace.
Result<UniqueFd> open_socket(const PathProbe& probe) {
    const bool v4 = probe.target.is_ipv4();
    UniqueFd socket{::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                             v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6})};
    if (!socket) return Error::from_errno(errno, "open a socket for probes");
    const int discover = IP_PMTUDISC_PROBE;
    const SocketAddress own{Endpoint{probe.source, Port::any()}};
    const SocketAddress target{Endpoint{probe.target, Port::any()}};
    if (setsockopt(socket.get(), v4 ? IPPROTO_IP : IPPROTO_IPV6,
                   v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &discover, sizeof discover) != 0)
        return Error::from_errno(errno, "probe the way to " + to_string(probe.target));
    // Where a node has lost its address, or the way to another, nothing can be answered: that is
    // of this way alone, and no failure of ours.
    if (bind(socket.get(), own.get(), own.size()) != 0 ||
        connect(socket.get(), target.get(), target.size()) != 0)
        return UniqueFd{};
    return socket;
}

Result<std::vector<UniqueFd>> open_sockets(std::span<const PathProbe> probes) {
    FLATLAN_TRY(scope, NamespaceScope::here());
    const Namespace* here = nullptr;
    std::vector<UniqueFd> sockets;
    for (const PathProbe& probe : probes) {
        if (probe.network != here) FLATLAN_TRY_VOID(scope.move_to(*probe.network));
        here = probe.network;
        FLATLAN_TRY(socket, open_socket(probe));
        sockets.push_back(std::move(socket));
    }
    return sockets;
}

/// `index` is that of the size, which the answer brings back as its sequence number.
void send_echo(int socket, const PathProbe& probe, std::size_t index) {
    const bool v4 = probe.target.is_ipv4();
    const std::size_t header = v4 ? kIpv4HeaderBytes : kIpv6HeaderBytes;
    std::vector<std::byte> echo(
        std::max<std::size_t>(probe.sizes_bytes[index], header + kEchoBytes) - header);
    echo[0] = static_cast<std::byte>(v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST);
    ByteWriter{std::span{echo}.subspan<4, 2>()}.u16(static_cast<std::uint16_t>(socket));
    ByteWriter{std::span{echo}.subspan<6, 2>()}.u16(static_cast<std::uint16_t>(index));
    // Of ICMPv6 the kernel makes the checksum itself.
    if (v4) ByteWriter{std::span{echo}.subspan<2, 2>()}.u16(tunnel::internet_checksum(echo));
    // What is refused here is not answered, which is what one wants to know.
    static_cast<void>(send(socket, echo.data(), echo.size(), 0));
}

/// Which of the sizes an answer names; none when it is something else.
std::optional<std::size_t> read_answer(int socket, const PathProbe& probe,
                                       std::span<const std::byte> octets) {
    const bool v4 = probe.target.is_ipv4();
    if (v4) {  // with the IP header, unlike IPv6
        if (octets.size() < kIpv4HeaderBytes) return std::nullopt;
        const auto words = std::to_integer<std::size_t>(octets[0] & std::byte{0x0f});
        octets = octets.subspan(std::min(words * 4, octets.size()));
    }
    if (octets.size() < kEchoBytes ||
        octets[0] != static_cast<std::byte>(v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY))
        return std::nullopt;
    ByteReader reader{octets.subspan(4)};
    const auto identifier = reader.u16();
    const std::size_t index = reader.u16();
    if (identifier != static_cast<std::uint16_t>(socket) || index >= probe.sizes_bytes.size())
        return std::nullopt;
    return index;
}

void read_answers(int socket, const PathProbe& probe, std::uint32_t& largest) {
    static thread_local std::array<std::byte, kPacketBytesMax> buffer;
    for (;;) {
        const ssize_t got = recv(socket, buffer.data(), buffer.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (got < 0) continue;  // an ICMP error that the socket is told of, once
        const auto index =
            read_answer(socket, probe, {buffer.data(), static_cast<std::size_t>(got)});
        if (index) largest = std::max(largest, probe.sizes_bytes[*index]);
    }
}

/// Of so many that each can have a socket.
Result<void> send_together(std::span<const PathProbe> probes, int stop,
                           std::span<std::uint32_t> largest) {
    FLATLAN_TRY(sockets, open_sockets(probes));
    std::vector<pollfd> waiting;
    std::size_t open = 0;
    for (std::size_t at = 0; at < probes.size(); ++at) {
        const int socket = sockets[at].get();
        for (std::size_t i = 0; sockets[at] && i < probes[at].sizes_bytes.size(); ++i)
            send_echo(socket, probes[at], i);
        if (sockets[at]) ++open;
        waiting.push_back({socket, POLLIN, 0});
    }
    waiting.push_back({stop, POLLIN, 0});

    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (open > 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) break;
        if (waiting.back().revents != 0) break;
        for (std::size_t i = 0; i < probes.size(); ++i) {
            if (waiting[i].revents == 0) continue;
            read_answers(sockets[i].get(), probes[i], largest[i]);
            if (largest[i] <
                *std::max_element(probes[i].sizes_bytes.begin(), probes[i].sizes_bytes.end()))
                continue;
            waiting[i].fd = -1;  // poll(2) passes over it
            --open;
        }
    }
    return success();
}

}  // namespace

std::vector<std::uint32_t> SizeBracket::sizes() const {
    std::vector<std::uint32_t> sizes;
    for (std::uint32_t size = least; size < most; size += step(*this))
        sizes.push_back(size);
    return sizes;
}

void SizeBracket::narrow(std::uint32_t passed) {
    *this = {passed, std::min(passed + step(*this), most)};
}

Result<std::vector<std::uint32_t>> send_probes(std::span<const PathProbe> probes, int stop) {
    std::vector<std::uint32_t> largest(probes.size(), 0);
    for (std::size_t at = 0; at < probes.size(); at += kProbesAtOnce) {
        const std::size_t count = std::min(kProbesAtOnce, probes.size() - at);
        FLATLAN_TRY_VOID(
            send_together(probes.subspan(at, count), stop, std::span{largest}.subspan(at, count)));
    }
    return largest;
}

}  // namespace flatlan::probe
