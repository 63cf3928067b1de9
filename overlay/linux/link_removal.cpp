#include "overlay/linux/link_removal.hpp"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "overlay/linux/netlink_events.hpp"

namespace flatlan {
namespace {

constexpr std::array kLinkGroup{static_cast<unsigned>(RTNLGRP_LINK)};

/// Whoever reads what the caller wrote waits until nobody has that open, and locks last as long.
void close_all_but(int one, int other) {
    const auto low = static_cast<unsigned>(std::min(one, other));
    const auto high = static_cast<unsigned>(std::max(one, other));
    if (low > 0) static_cast<void>(::close_range(0, low - 1, 0));
    if (low + 1 < high) static_cast<void>(::close_range(low + 1, high - 1, 0));
    static_cast<void>(::close_range(high + 1, ~0U, 0));
}

/// The child's whole life.
[[noreturn]] void remove_and_end(Netlink& netlink, const InterfaceName& name, int done) {
    close_all_but(netlink.fd(), done);
    const bool removed = remove_link(netlink, name).has_value();
    const char word = removed ? 'y' : 'n';
    // Where nobody reads any more, nobody needs to know.
    static_cast<void>(::write(done, &word, 1) == 1);
    ::_exit(removed ? EXIT_SUCCESS : EXIT_FAILURE);
}

/// Whether one of the messages that wait says that the interface is gone.
Result<bool> is_told_gone(NetlinkEvents& events, const InterfaceName& name) {
    bool gone = false;
    FLATLAN_TRY(complete, events.drain([&](const NetlinkMessageView& message) {
        const auto header = message.header<ifinfomsg>();
        // A port that leaves a bridge is told of with the same type.
        if (message.type() != RTM_DELLINK || !header || header->ifi_family == AF_BRIDGE) return;
        const auto link = parse_link(message);
        gone = gone || (link && link->name == name);
    }));
    static_cast<void>(complete);  // what was lost of many messages the child's end tells, later
    return gone;
}

/// Until the interface is gone (true), or the child has ended without (false).
Result<bool> wait_until_gone(NetlinkEvents& events, const UniqueFd& child,
                             const InterfaceName& name) {
    while (true) {
        std::array<pollfd, 2> waited{pollfd{events.fd(), POLLIN, 0},
                                     pollfd{child.get(), POLLIN, 0}};
        if (::poll(waited.data(), waited.size(), -1) < 0) {
            if (errno == EINTR) continue;
            return Error::from_errno(errno, "wait until '" + name.text() + "' is gone");
        }
        if (waited[1].revents != 0) {
            char word = 'n';
            return ::read(child.get(), &word, 1) == 1 && word == 'y';
        }
        FLATLAN_TRY(gone, is_told_gone(events, name));
        if (gone) return true;
    }
}

}  // namespace

Result<void> remove_link_and_let_it_go(const Namespace& network, const InterfaceName& name) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(events, NetlinkEvents::open_in(network, kLinkGroup));
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
    const UniqueFd from_child{ends[0]};
    UniqueFd to_parent{ends[1]};
    const pid_t child = ::fork();
    if (child == 0) remove_and_end(netlink, name, to_parent.get());
    if (child < 0) return remove_link(netlink, name);
    to_parent = UniqueFd{};
    FLATLAN_TRY(gone, wait_until_gone(events, from_child, name));
    // A child that is at its end already leaves nothing behind; another one is init's.
    static_cast<void>(::waitpid(child, nullptr, WNOHANG));
    if (gone) return success();
    return remove_link(netlink, name);  // and its error, if the kernel refuses that
}

}  // namespace flatlan
