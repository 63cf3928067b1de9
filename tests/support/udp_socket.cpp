#include "tests/support/udp_socket.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>

#include "tests/support/network_test.hpp"

namespace flatlan::support {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress from_endpoint(const Endpoint& endpoint) {
    SocketAddress made;
    if (endpoint.address.is_ipv4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint.port.value());
        in.sin_addr.s_addr = htonl(endpoint.address.ipv4().value());
        std::memcpy(&made.storage, &in, made.size = sizeof in);
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(endpoint.port.value());
        const auto octets = endpoint.address.ipv6().octets();
        std::memcpy(&in.sin6_addr, octets.data(), octets.size());
        std::memcpy(&made.storage, &in, made.size = sizeof in);
    }
    return made;
}

Endpoint to_endpoint(const SocketAddress& address) {
    if (address.storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address.storage, sizeof in);
        return {Ipv4Address{ntohl(in.sin_addr.s_addr)}, Port{ntohs(in.sin_port)}};
    }
    sockaddr_in6 in{};
    std::memcpy(&in, &address.storage, sizeof in);
    std::array<std::byte, Ipv6Address::kSizeBytes> octets{};
    std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    return {Ipv6Address::from_octets(octets), Port{ntohs(in.sin6_port)}};
}

void never_fragment(int socket, bool is_ipv4) {
    const int level = is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
    const int option = is_ipv4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER;
    static_assert(IP_PMTUDISC_DO == IPV6_PMTUDISC_DO);
    const int value = IP_PMTUDISC_DO;
    if (::setsockopt(socket, level, option, &value, sizeof value) != 0)
        throw std::runtime_error{std::strerror(errno)};
}

std::string one_way(UdpSocket& from, UdpSocket& to) {
    const std::string text = "from " + to_string(from.endpoint());
    const std::string way = to_string(from.endpoint()) + " to " + to_string(to.endpoint()) + ": ";
    if (const auto refused = from.send(to.endpoint(), text); !refused.empty()) return way + refused;
    const auto got = to.receive();
    if (!got) return way + "nothing arrived";
    if (got->text != text) return way + "arrived: " + got->text;
    if (got->from != from.endpoint()) return way + "seen as " + to_string(got->from);
    return {};
}

}  // namespace

UdpSocket::UdpSocket(const Namespace& network, const IpAddress& address, Port port) {
    const int family = address.is_ipv4() ? AF_INET : AF_INET6;
    socket_ = must(run_in(network, [&]() -> Result<UniqueFd> {
        UniqueFd socket{::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        auto own = from_endpoint({address, port});
        if (!socket || ::bind(socket.get(), own.get(), own.size) != 0)
            return Error::from_errno(errno, "bind to " + to_string(address));
        return socket;
    }));
    never_fragment(socket_.get(), address.is_ipv4());
}

Endpoint UdpSocket::endpoint() const {
    SocketAddress own;
    if (::getsockname(socket_.get(), own.get(), &own.size) != 0)
        throw std::runtime_error{std::strerror(errno)};
    return to_endpoint(own);
}

std::string UdpSocket::send(const Endpoint& to, std::string_view text) {
    auto there = from_endpoint(to);
    const auto sent = ::sendto(socket_.get(), text.data(), text.size(), 0, there.get(), there.size);
    return sent < 0 ? std::strerror(errno) : "";
}

std::optional<UdpSocket::Datagram> UdpSocket::receive(std::chrono::milliseconds within) {
    pollfd waiting{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(within.count())) != 1) return std::nullopt;
    std::array<char, 65536> buffer{};
    SocketAddress from;
    const auto got =
        ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, from.get(), &from.size);
    if (got < 0) return std::nullopt;
    return Datagram{to_endpoint(from), std::string(buffer.data(), static_cast<std::size_t>(got))};
}

std::string exchange(UdpSocket& one, UdpSocket& other) {
    auto failure = one_way(one, other);
    return failure.empty() ? one_way(other, one) : failure;
}

}  // namespace flatlan::support
