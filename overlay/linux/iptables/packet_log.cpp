#include "overlay/linux/iptables/packet_log.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <string>
#include <vector>

#include "overlay/linux/netlink_message.hpp"
#include "overlay/linux/nftables/nftables.hpp"
#include "overlay/linux/sysctl.hpp"

namespace flatlan {
namespace {

constexpr std::size_t kReceiveBytes = 4096;  // of an acknowledgement
constexpr std::string_view kMemory = "flatlan-log-was-";
constexpr std::string_view kOurs = "nfnetlink_log";

/// A family as nftables calls it, and the setting of its logger.
struct Logged {
    std::string_view family;
    std::string_view setting;
};
constexpr std::array kLogged{Logged{"ip", "net/netfilter/nf_log/2"},
                             Logged{"ip6", "net/netfilter/nf_log/10"}};
static_assert(AF_INET == 2 && AF_INET6 == 10);

/// The logger that a family had before it was changed.
struct Before {
    const Logged* of;
    std::string logger;
    std::string table() const {
        return "table " + std::string{of->family} + " " + std::string{kMemory} + logger;
    }
};

/// Of "table ip flatlan-log-was-NONE" on a line of its own, and so on.
Result<std::vector<Before>> remembered(Nftables& filters) {
    FLATLAN_TRY(listing, filters.run("list tables"));
    std::vector<Before> all;
    std::istringstream words{listing};
    std::string table;
    std::string family;
    for (std::string name; words >> table >> family >> name;)
        for (const Logged& logged : kLogged)
            if (family == logged.family && name.starts_with(kMemory))
                all.push_back({&logged, name.substr(kMemory.size())});
    return all;
}

/// For whoever has the log.
Result<void> put_back(const Namespace& network) {
    FLATLAN_TRY(filters, Nftables::open(network));
    FLATLAN_TRY(all, remembered(filters));
    for (const Before& before : all) {
        const std::array logger{Sysctl{std::string{before.of->setting}, before.logger}};
        FLATLAN_TRY_VOID(ensure_sysctls(network, logger));
        FLATLAN_TRY_VOID(filters.run("delete " + before.table()));
    }
    return success();
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

/// Sends it and waits for the kernel's word: 0 or an errno.
Result<int> carry_out(const UniqueFd& socket, const NetlinkMessage& message) {
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
    return failed;
}

Result<void> must_carry_out(const UniqueFd& socket, const NetlinkMessage& message) {
    FLATLAN_TRY(failed, carry_out(socket, message));
    if (failed != 0) return Error::from_errno(failed, "take the log of packets");
    return success();
}

/// Of the calling thread's namespace. The group has one owner: it is the lock on all else here.
Result<UniqueFd> bind_group_here() {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
    if (!socket) return Error::from_errno(errno, "open the log of packets");
    FLATLAN_TRY(failed, carry_out(socket, command(AF_UNSPEC, NFULNL_CFG_CMD_BIND)));
    // EPERM is another socket's group (nfulnl_recv_config): who is here may change packet filters.
    if (failed == EBUSY || failed == EPERM)
        return Error{ErrorCode::unavailable, "another program has the log of packets (group 0)"};
    if (failed != 0) return Error::from_errno(failed, "take the log of packets");
    return socket;
}

/// Remembers the logger and takes its place; nothing where it is ours already.
Result<void> replace_logger(const Namespace& network, Nftables& filters, const Logged& logged) {
    FLATLAN_TRY(logger, read_sysctl(network, logged.setting));
    if (logger == kOurs) return success();
    FLATLAN_TRY_VOID(filters.run("add " + Before{&logged, logger}.table()));
    const std::array ours{Sysctl{std::string{logged.setting}, std::string{kOurs}}};
    FLATLAN_TRY_VOID(ensure_sysctls(network, ours));
    return success();
}

}  // namespace

Result<PacketLog> PacketLog::take(const Namespace& network, std::uint32_t packet_bytes) {
    FLATLAN_TRY(own, network.duplicate());
    FLATLAN_TRY(socket, run_in(network, bind_group_here));
    FLATLAN_TRY_VOID(put_back(network));
    PacketLog log{std::move(own), std::move(socket)};
    FLATLAN_TRY(filters, Nftables::open(network));
    for (const Logged& logged : kLogged)
        FLATLAN_TRY_VOID(replace_logger(network, filters, logged));
    NetlinkMessage mode = config(AF_UNSPEC);
    nfulnl_msg_config_mode copy{};
    copy.copy_range = htonl(packet_bytes);
    copy.copy_mode = NFULNL_COPY_PACKET;
    mode.put_object(NFULA_CFG_MODE, copy);
    FLATLAN_TRY_VOID(must_carry_out(log.socket_, mode));
    return log;
}

PacketLog::~PacketLog() {
    // A destructor can tell nobody; what is remembered stays then for the next.
    if (socket_) static_cast<void>(put_back(network_));
}

Result<bool> put_back_packet_log(const Namespace& network) {
    FLATLAN_TRY(has_filter, has_packet_filter(network));
    if (!has_filter) return false;
    FLATLAN_TRY(filters, Nftables::open(network));
    FLATLAN_TRY(left, remembered(filters));
    if (left.empty()) return false;
    const auto socket = run_in(network, bind_group_here);
    if (!socket && socket.error().code() == ErrorCode::unavailable) return false;
    if (!socket) return socket.error();
    FLATLAN_TRY_VOID(put_back(network));
    return true;
}

}  // namespace flatlan
