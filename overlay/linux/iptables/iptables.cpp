#include "overlay/linux/iptables/iptables.hpp"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <sstream>

#include "overlay/linux/netlink_message.hpp"

namespace flatlan {
namespace {

constexpr std::size_t kReceiveBytes = 65536;
constexpr int kReadsMax = 4096;  // others may cause events without end
/// IP and upper headers, the tunnel's and those inside it.
constexpr std::uint32_t kPacketBytes = 256;
constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

Result<std::vector<std::string>> names_in(const char* path) {
    const UniqueFd file{::open(path, O_RDONLY | O_CLOEXEC)};
    std::vector<std::string> names;
    if (!file && errno == ENOENT) return names;  // a kernel without them
    if (!file) return Error::from_errno(errno, std::string{"read "} + path);
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0) return Error::from_errno(errno, std::string{"read "} + path);
    std::istringstream lines{std::string{buffer.data(), static_cast<std::size_t>(got)}};
    for (std::string name; lines >> name;)
        names.push_back(name);
    return names;
}

Result<IptablesTables> list_here() {
    IptablesTables tables;
    for (const IpFamily family : kFamilies) {
        FLATLAN_TRY(names,
                    names_in(family == IpFamily::ipv4 ? "/proc/thread-self/net/ip_tables_names"
                                                      : "/proc/thread-self/net/ip6_tables_names"));
        if (!names.empty()) tables.emplace(family, std::move(names));
    }
    return tables;
}

/// "TRACE: filter:FORWARD:rule:1 " (ip_tables.c, trace_packet).
std::optional<IptablesEvent> event_from(std::string_view prefix) {
    constexpr std::string_view kBegins = "TRACE: ";
    if (!prefix.starts_with(kBegins)) return std::nullopt;
    prefix.remove_prefix(kBegins.size());
    std::array<std::string_view, 4> parts;
    for (std::string_view& part : parts) {
        const auto end = prefix.find_first_of(": ");
        part = prefix.substr(0, end);
        prefix.remove_prefix(end == std::string_view::npos ? prefix.size() : end + 1);
    }
    IptablesEvent event{.table = std::string{parts[0]}, .chain = std::string{parts[1]}};
    event.policy = parts[2] == "policy";
    if (!event.policy && parts[2] != "rule") return std::nullopt;
    std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), event.number);
    return event;
}

std::optional<IptablesEvent> event_of(const NetlinkMessageView& message) {
    if (message.type() != ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET)) return std::nullopt;
    const auto header = message.header<nfgenmsg>();
    if (!header) return std::nullopt;
    const auto attributes = message.attributes<nfgenmsg>();
    auto event = event_from(attributes.text(NFULA_PREFIX));
    if (!event) return std::nullopt;
    event->family = header->nfgen_family == AF_INET ? IpFamily::ipv4 : IpFamily::ipv6;
    if (const auto packet = attributes.find(NFULA_PAYLOAD))
        event->packet.assign(packet->begin(), packet->end());
    return event;
}

}  // namespace

Result<IptablesTables> list_iptables(const Namespace& network) {
    return run_in(network, list_here);
}

Result<IptablesTrace> IptablesTrace::open(const Namespace& network) {
    FLATLAN_TRY(log, PacketLog::take(network, kPacketBytes));
    return IptablesTrace{std::move(log)};
}

std::vector<IptablesEvent> IptablesTrace::read() {
    std::vector<IptablesEvent> events;
    alignas(NLMSG_ALIGNTO) std::array<std::byte, kReceiveBytes> buffer;
    for (int turn = 0; turn < kReadsMax; ++turn) {
        const ssize_t got = ::recv(log_.socket().get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
        if (got < 0) break;
        for_each_message(std::span{buffer}.first(static_cast<std::size_t>(got)),
                         [&](const NetlinkMessageView& message) {
                             if (auto event = event_of(message))
                                 events.push_back(std::move(*event));
                         });
    }
    return events;
}

}  // namespace flatlan
