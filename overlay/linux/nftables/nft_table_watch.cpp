#include "overlay/linux/nftables/nft_table_watch.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "overlay/linux/nftables/nfnetlink.hpp"

namespace flatlan {
namespace {

constexpr std::size_t kReceiveBytes = 65536;
/// Who changes tables without pause must not keep us for ever.
constexpr int kReadsMax = 4096;

/// Every message about a part of a table names the table by the same attribute.
constexpr int kTableName = NFTA_TABLE_NAME;
static_assert(NFTA_CHAIN_TABLE == kTableName && NFTA_RULE_TABLE == kTableName &&
              NFTA_SET_TABLE == kTableName && NFTA_SET_ELEM_LIST_TABLE == kTableName &&
              NFTA_OBJ_TABLE == kTableName);

bool is_about(const NetlinkMessageView& told, const std::string& table) {
    return told.type() != nftables_type(NFT_MSG_NEWGEN) &&
           told.attributes<nfgenmsg>().text(kTableName) == table;
}

}  // namespace

Result<NftTableWatch> NftTableWatch::open(const Namespace& network, std::string table) {
    FLATLAN_TRY(socket, run_in(network, [] { return open_nfnetlink(SOCK_NONBLOCK); }));
    const int group = NFNLGRP_NFTABLES;
    if (::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
        return Error::from_errno(errno, "listen to changes of packet filters");
    return NftTableWatch{std::move(socket), std::move(table)};
}

Result<bool> NftTableWatch::is_untouched() {
    bool untouched = true;
    alignas(NLMSG_ALIGNTO) std::array<std::byte, kReceiveBytes> buffer;
    for (int reads = 0; reads < kReadsMax; ++reads) {
        const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (got >= 0) {
            for_each_message(std::span{buffer}.first(static_cast<std::size_t>(got)),
                             [&](const NetlinkMessageView& told) {
                                 if (is_about(told, table_)) untouched = false;
                             });
        } else if (errno == EAGAIN) {
            return untouched;
        } else if (errno == ENOBUFS) {
            untouched = false;
        } else if (errno != EINTR) {
            return Error::from_errno(errno, "read changes of packet filters");
        }
    }
    return untouched;
}

}  // namespace flatlan
