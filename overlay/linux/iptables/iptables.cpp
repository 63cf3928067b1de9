#include "overlay/linux/iptables/iptables.hpp"

#include <arpa/inet.h>
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
#include "overlay/linux/sysctl.hpp"

namespace flatlan {
namespace {

constexpr std::size_t kReceiveBytes = 65536;
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

NetlinkMessage config(std::uint8_t family) {
    return {(NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG, NLM_F_ACK,
            nfgenmsg{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = 0}};
}

NetlinkMessage command(std::uint8_t family, std::uint8_t what) {
    NetlinkMessage message = config(family);
    message.put_object(NFULA_CFG_CMD, nfulnl_msg_config_cmd{.command = what});
    return message;
}

/// Sends it and waits for the kernel's word.
Result<void> carry_out(const UniqueFd& socket, const NetlinkMessage& message) {
    const auto octets = message.bytes();
    if (::send(socket.get(), octets.data(), octets.size(), 0) < 0)
        return Error::from_errno(errno, "take the log of packets");
    alignas(NLMSG_ALIGNTO) std::array<std::byte, kReceiveBytes> buffer;
    ssize_t got = 0;
    do
        got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) return Error::from_errno(errno, "take the log of packets");
    int failed = 0;
    for_each_message(std::span{buffer}.first(static_cast<std::size_t>(got)),
                     [&](const NetlinkMessageView& answer) {
                         if (const auto told = answer.header<nlmsgerr>();
                             told && answer.type() == NLMSG_ERROR)
                             failed = -told->error;
                     });
    if (failed == EBUSY)
        return Error{ErrorCode::unavailable, "another program has the log of packets (group 0)"};
    if (failed != 0) return Error::from_errno(failed, "take the log of packets");
    return success();
}

Result<UniqueFd> open_log_here() {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
    if (!socket) return Error::from_errno(errno, "open the log of packets");
    FLATLAN_TRY_VOID(carry_out(socket, command(AF_INET, NFULNL_CFG_CMD_PF_BIND)));
    FLATLAN_TRY_VOID(carry_out(socket, command(AF_INET6, NFULNL_CFG_CMD_PF_BIND)));
    FLATLAN_TRY_VOID(carry_out(socket, command(AF_UNSPEC, NFULNL_CFG_CMD_BIND)));
    NetlinkMessage mode = config(AF_UNSPEC);
    nfulnl_msg_config_mode copy{};
    copy.copy_range = htonl(kPacketBytes);
    copy.copy_mode = NFULNL_COPY_PACKET;
    mode.put_object(NFULA_CFG_MODE, copy);
    FLATLAN_TRY_VOID(carry_out(socket, mode));
    return socket;
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
    FLATLAN_TRY(own, network.duplicate());
    std::map<std::string, std::string> before;
    for (const int family : {AF_INET, AF_INET6}) {
        const std::string path = "net/netfilter/nf_log/" + std::to_string(family);
        if (auto logger = read_sysctl(network, path))
            before.emplace(path, std::move(logger).value());
    }
    FLATLAN_TRY(socket, run_in(network, open_log_here));
    IptablesTrace trace{std::move(own), std::move(socket)};
    trace.loggers_before_ = std::move(before);
    return trace;
}

IptablesTrace::~IptablesTrace() {
    if (!socket_) return;
    std::vector<Sysctl> before;
    for (const auto& [path, logger] : loggers_before_)
        before.push_back({path, logger});
    // A destructor can tell nobody; what stays is a logger that nobody listens to.
    static_cast<void>(ensure_sysctls(network_, before));
}

std::vector<IptablesEvent> IptablesTrace::read() {
    std::vector<IptablesEvent> events;
    alignas(NLMSG_ALIGNTO) std::array<std::byte, kReceiveBytes> buffer;
    for (;;) {
        const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
        if (got < 0) return events;
        for_each_message(std::span{buffer}.first(static_cast<std::size_t>(got)),
                         [&](const NetlinkMessageView& message) {
                             if (auto event = event_of(message))
                                 events.push_back(std::move(*event));
                         });
    }
}

}  // namespace flatlan
