#pragma once

#include <functional>
#include <span>

#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/netlink_message.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan {

/// Tells what changes in a network namespace, whoever changes it: the kernel's routing messages
/// (rtnetlink(7)) as they come. What is made here oneself is among them, before the answer to the
/// request that made it, unless it is left out.
class NetlinkEvents {
public:
    /// `groups` are RTNLGRP_* numbers (linux/rtnetlink.h).
    static Result<NetlinkEvents> open_in(const Namespace& network,
                                         std::span<const unsigned> groups);

    /// Leaves out what is told from now on of requests that `own`, a socket of the same namespace,
    /// sends. Of interfaces, of forwarding entries and of IPv6 addresses the kernel does not say
    /// who changed them: those are told all the same.
    Result<void> leave_out(const Netlink& own);

    /// Readable while messages wait.
    int fd() const { return socket_.get(); }

    /// Hands over all messages that wait, and does not wait for more. False when the kernel had to
    /// throw some away, since they were not read in time: then nothing is known but by reading
    /// anew.
    Result<bool> drain(const std::function<void(const NetlinkMessageView&)>& visit);

private:
    explicit NetlinkEvents(UniqueFd socket) : socket_{std::move(socket)} {}

    UniqueFd socket_;
};

}  // namespace flatlan
