#include "overlay/probe/io/datagrams.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "overlay/base/check.hpp"

namespace flatlan::probe {
namespace {

template <typename Value>
std::size_t write_control(std::span<std::byte> control, int level, int type, const Value& value) {
    cmsghdr header{};
    header.cmsg_len = CMSG_LEN(sizeof value);
    header.cmsg_level = level;
    header.cmsg_type = type;
    std::memcpy(control.data(), &header, sizeof header);
    std::memcpy(control.data() + CMSG_LEN(0), &value, sizeof value);
    return CMSG_SPACE(sizeof value);
}

std::size_t write_source(std::span<std::byte> control, const IpAddress& from) {
    if (from.is_ipv4()) {
        in_pktinfo info{};
        info.ipi_spec_dst = to_kernel(from.ipv4());
        return write_control(control, IPPROTO_IP, IP_PKTINFO, info);
    }
    in6_pktinfo info{};
    info.ipi6_addr = to_kernel(from.ipv6());
    return write_control(control, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

/// The control message of this level and type, as a `Value`.
template <typename Value>
std::optional<Value> read_control(const msghdr& header, int level, int type,
                                  std::size_t offset = 0) {
    msghdr* const walked = const_cast<msghdr*>(&header);  // glibc's macros take no const
    for (cmsghdr* control = CMSG_FIRSTHDR(walked); control != nullptr;
         control = CMSG_NXTHDR(walked, control)) {
        if (control->cmsg_level != level || control->cmsg_type != type) continue;
        if (control->cmsg_len < CMSG_LEN(offset + sizeof(Value))) return std::nullopt;
        Value value;
        std::memcpy(&value, CMSG_DATA(control) + offset, sizeof value);
        return value;
    }
    return std::nullopt;
}

std::optional<IpAddress> read_destination(const msghdr& header) {
    if (const auto info = read_control<in_pktinfo>(header, IPPROTO_IP, IP_PKTINFO))
        return from_kernel(info->ipi_addr);
    if (const auto info = read_control<in6_pktinfo>(header, IPPROTO_IPV6, IPV6_PKTINFO))
        return from_kernel(info->ipi6_addr);
    return std::nullopt;
}

Duration to_duration(const timespec& time) {
    return std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec};
}

std::optional<std::uint8_t> read_ttl(const msghdr& header) {
    auto ttl = read_control<int>(header, IPPROTO_IP, IP_TTL);
    if (!ttl) ttl = read_control<int>(header, IPPROTO_IPV6, IPV6_HOPLIMIT);
    if (!ttl) return std::nullopt;
    return static_cast<std::uint8_t>(*ttl);
}

}  // namespace

SendBatch::SendBatch() : slots_(kDatagramsMax) {}

std::span<std::byte> SendBatch::add(const Endpoint& to, std::size_t octets,
                                    const std::optional<IpAddress>& from) {
    FLATLAN_CHECK(!full() && octets <= kOctetsMax);
    Slot& slot = slots_[size_];
    slot.to = SocketAddress{to};
    slot.vector = {slot.octets.data(), octets};
    msghdr& header = headers_[size_].msg_hdr;
    header = {};
    header.msg_name = slot.to.get();
    header.msg_namelen = slot.to.size();
    header.msg_iov = &slot.vector;
    header.msg_iovlen = 1;
    if (from) {
        header.msg_control = slot.control.data();
        header.msg_controllen = write_source(slot.control, *from);
    }
    ++size_;
    return std::span{slot.octets}.first(octets);
}

void SendBatch::send(int socket, const std::function<void(std::size_t, int)>& refused,
                     const std::function<void()>& before_retry) {
    std::size_t next = 0;
    bool retried = false;
    while (next < size_) {
        const int sent =
            ::sendmmsg(socket, &headers_[next], static_cast<unsigned>(size_ - next), MSG_DONTWAIT);
        if (sent > 0) {
            next += static_cast<std::size_t>(sent);
            retried = false;
        } else if (!retried) {
            before_retry();
            retried = true;
        } else {
            refused(next++, errno);
            retried = false;
        }
    }
    size_ = 0;
}

ReceiveBatch::ReceiveBatch() : slots_(kDatagramsMax) { received_.reserve(kDatagramsMax); }

std::span<const Datagram> ReceiveBatch::receive(int socket, int flags) {
    for (std::size_t i = 0; i < kDatagramsMax; ++i) {
        Slot& slot = slots_[i];
        slot.vector = {slot.octets.data(), slot.octets.size()};
        msghdr& header = headers_[i].msg_hdr;
        header.msg_name = slot.source.get();
        header.msg_namelen = SocketAddress::kCapacity;
        header.msg_iov = &slot.vector;
        header.msg_iovlen = 1;
        header.msg_control = slot.control.data();
        header.msg_controllen = slot.control.size();
    }
    const int count =
        ::recvmmsg(socket, headers_.data(), kDatagramsMax, flags | MSG_DONTWAIT, nullptr);
    received_.clear();
    for (int i = 0; i < count; ++i) {
        const auto place = static_cast<std::size_t>(i);
        const mmsghdr& message = headers_[place];
        const Slot& slot = slots_[place];
        received_.push_back({.octets = std::span{slot.octets}.first(message.msg_len),
                             .source = slot.source.endpoint(),
                             .destination = read_destination(message.msg_hdr),
                             .ttl = read_ttl(message.msg_hdr),
                             .header = &message.msg_hdr});
    }
    return received_;
}

std::optional<Refusal> read_refusal(const msghdr& header) {
    // The address of who sent the error follows the error (SO_EE_OFFENDER).
    constexpr std::size_t kOffender = sizeof(sock_extended_err);
    if (const auto error = read_control<sock_extended_err>(header, IPPROTO_IP, IP_RECVERR)) {
        Refusal refusal{.kind = refusal_of_errno(static_cast<int>(error->ee_errno)),
                        .errno_value = static_cast<int>(error->ee_errno)};
        if (error->ee_origin != SO_EE_ORIGIN_ICMP) return refusal;
        refusal.kind = refusal_of_icmp(IpFamily::ipv4, error->ee_type, error->ee_code);
        if (const auto from = read_control<sockaddr_in>(header, IPPROTO_IP, IP_RECVERR, kOffender))
            refusal.reporter = from_kernel(from->sin_addr);
        return refusal;
    }
    if (const auto error = read_control<sock_extended_err>(header, IPPROTO_IPV6, IPV6_RECVERR)) {
        Refusal refusal{.kind = refusal_of_errno(static_cast<int>(error->ee_errno)),
                        .errno_value = static_cast<int>(error->ee_errno)};
        if (error->ee_origin != SO_EE_ORIGIN_ICMP6) return refusal;
        refusal.kind = refusal_of_icmp(IpFamily::ipv6, error->ee_type, error->ee_code);
        if (const auto from =
                read_control<sockaddr_in6>(header, IPPROTO_IPV6, IPV6_RECVERR, kOffender))
            refusal.reporter = from_kernel(from->sin6_addr);
        return refusal;
    }
    return std::nullopt;
}

std::uint32_t read_told_mtu(const msghdr& header) {
    auto error = read_control<sock_extended_err>(header, IPPROTO_IP, IP_RECVERR);
    if (!error) error = read_control<sock_extended_err>(header, IPPROTO_IPV6, IPV6_RECVERR);
    return error && error->ee_errno == EMSGSIZE ? error->ee_info : 0;
}

std::optional<Duration> read_timestamp(const msghdr& header) {
    const auto stamp = read_control<timespec>(header, SOL_SOCKET, SCM_TIMESTAMPNS);
    return stamp ? std::optional{to_duration(*stamp)} : std::nullopt;
}

std::optional<Duration> read_send_time(const msghdr& header) {
    const auto stamps = read_control<scm_timestamping>(header, SOL_SOCKET, SCM_TIMESTAMPING);
    if (!stamps || stamps->ts[0].tv_sec == 0) return std::nullopt;
    return to_duration(stamps->ts[0]);
}

}  // namespace flatlan::probe
