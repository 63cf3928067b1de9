#include "overlay/linux/link_mtu_watch.hpp"

#include <linux/rtnetlink.h>

#include <array>

namespace flatlan {
namespace {

constexpr std::array<unsigned, 1> kGroups{RTNLGRP_LINK};

}  // namespace

Result<LinkMtuWatch> LinkMtuWatch::open_in(const Namespace& network, const InterfaceName& name) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(events, NetlinkEvents::open_in(network, kGroups));
    LinkMtuWatch watch{std::move(netlink), std::move(events), name};
    FLATLAN_TRY_VOID(watch.ask());
    return watch;
}

Result<void> LinkMtuWatch::ask() {
    FLATLAN_TRY(link, find_link(netlink_, name_));
    mtu_ = link ? std::optional{link->mtu} : std::nullopt;
    return success();
}

Result<std::optional<LinkMtu>> LinkMtuWatch::read() {
    bool gone = false;
    FLATLAN_TRY(complete, events_.drain([&](const NetlinkMessageView& told) {
        const auto link = parse_link(told);
        if (!link || link->name != name_) return;
        if (told.type() == RTM_NEWLINK) mtu_ = link->mtu;
        gone |= told.type() != RTM_NEWLINK;
    }));
    if (!complete || gone) FLATLAN_TRY_VOID(ask());
    return mtu_;
}

}  // namespace flatlan
