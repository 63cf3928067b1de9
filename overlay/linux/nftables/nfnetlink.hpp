#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "overlay/base/bytes.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/netlink_message.hpp"
#include "overlay/linux/unique_fd.hpp"

/// The kernel's packet filters by its own messages (nfnetlink), where their language would be a
/// detour.
namespace flatlan {

constexpr std::uint16_t nftables_type(int message) {
    return static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | message);
}

/// A netfilter socket of the calling thread's network namespace; `flags` are SOCK_*.
Result<UniqueFd> open_nfnetlink(int flags);

/// Asks for a whole table of the kernel's, again where it changes meanwhile, and calls `visit` for
/// each message of the answer. False when the kernel answers with an error: it has no nftables, or
/// not what was asked for. Error unavailable when it changes during each of several readings.
Result<bool> dump_nftables(const UniqueFd& socket, const NetlinkMessage& request,
                           const std::function<void(const NetlinkMessageView&)>& visit);

/// Numbers of nfnetlink stand in network order.
template <typename Integer>
std::optional<Integer> nfnetlink_number(const NetlinkAttributes& attributes, int attribute) {
    const auto octets = attributes.find(attribute);
    if (!octets || octets->size() < sizeof(Integer)) return std::nullopt;
    ByteReader in{*octets};
    if constexpr (sizeof(Integer) == 8) return static_cast<Integer>(in.u64());
    return static_cast<Integer>(in.u32());
}

}  // namespace flatlan
