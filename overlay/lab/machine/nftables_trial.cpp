#include "overlay/lab/machine/nftables_trial.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <vector>

#include "overlay/linux/netlink_message.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {
namespace {

constexpr std::string_view kName = "doctor";

std::uint16_t nftables_type(int message) {
    return static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | message);
}

/// Begin and end of what the kernel takes as one transaction.
NetlinkMessage bracket(std::uint16_t type) {
    nfgenmsg header{};
    header.nfgen_family = AF_UNSPEC;
    header.res_id = htons(NFNL_SUBSYS_NFTABLES);
    return NetlinkMessage{type, 0, header};
}

NetlinkMessage new_table() {
    nfgenmsg header{};
    header.nfgen_family = NFPROTO_INET;
    NetlinkMessage message{nftables_type(NFT_MSG_NEWTABLE), NLM_F_CREATE, header};
    message.put_text(NFTA_TABLE_NAME, kName);
    return message;
}

NetlinkMessage new_chain() {
    nfgenmsg header{};
    header.nfgen_family = NFPROTO_INET;
    NetlinkMessage message{nftables_type(NFT_MSG_NEWCHAIN), NLM_F_CREATE | NLM_F_ACK, header};
    message.put_text(NFTA_CHAIN_TABLE, kName);
    message.put_text(NFTA_CHAIN_NAME, kName);
    message.put_nested(NFTA_CHAIN_HOOK, [&] {
        message.put_u32(NFTA_HOOK_HOOKNUM, htonl(NF_INET_LOCAL_IN));
        message.put_u32(NFTA_HOOK_PRIORITY, htonl(0));
    });
    message.put_text(NFTA_CHAIN_TYPE, "filter");
    return message;
}

/// Reads answers until the chain's: the first refusal, or its acknowledgement.
Result<void> read_answer(int socket) {
    std::array<std::byte, 8192> buffer;
    const ssize_t count = recv(socket, buffer.data(), buffer.size(), 0);
    if (count < static_cast<ssize_t>(NLMSG_HDRLEN))
        return Error::from_errno(count < 0 ? errno : EBADMSG, "read the answer of nftables");
    const NetlinkMessageView answer{std::span{buffer}.first(static_cast<std::size_t>(count))};
    const auto verdict = answer.header<nlmsgerr>();
    if (answer.type() != NLMSG_ERROR || !verdict)
        return Error::from_errno(EBADMSG, "read the answer of nftables");
    if (verdict->error != 0) return Error::from_errno(-verdict->error, "make an nftables chain");
    return success();
}

}  // namespace

Result<void> make_nftables_chain() {
    const UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
    if (!socket) return Error::from_errno(errno, "open a socket to nftables");
    const NetlinkMessage messages[] = {bracket(NFNL_MSG_BATCH_BEGIN), new_table(), new_chain(),
                                       bracket(NFNL_MSG_BATCH_END)};
    std::vector<std::byte> octets;
    for (const NetlinkMessage& message : messages) {
        octets.insert(octets.end(), message.bytes().begin(), message.bytes().end());
        octets.resize(NLMSG_ALIGN(octets.size()));
    }
    if (send(socket.get(), octets.data(), octets.size(), 0) < 0)
        return Error::from_errno(errno, "ask nftables");
    return read_answer(socket.get());
}

}  // namespace flatlan::lab
