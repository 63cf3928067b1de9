#pragma once

#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>

#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan::support {

/// Waits until the kernel has noticed that both ends of a link are up: before that it drops what is
/// sent. On a machine where many links change it notices once a second (net/core/link_watch.c).
inline void wait_until_running(const Namespace& network, const InterfaceName& name) {
    constexpr int kStepMs = 5;
    constexpr int kStepsMax = 2000;
    auto netlink = Netlink::open_in(network);
    ASSERT_TRUE(netlink) << netlink.error().to_string();
    for (int step = 0; step < kStepsMax; ++step) {
        const auto link = get_link(netlink.value(), name);
        ASSERT_TRUE(link) << link.error().to_string();
        if ((link.value().flags & IFF_RUNNING) != 0) return;
        poll(nullptr, 0, kStepMs);
    }
    FAIL() << name.text() << " is not running";
}

}  // namespace flatlan::support
