#pragma once

#include <gtest/gtest.h>

#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::support {

/// Waits until the kernel has noticed that both ends of a link are up: before that it drops what is
/// sent. On a machine where many links change it notices once a second (net/core/link_watch.c).
inline void wait_until_running(const Namespace& network, const InterfaceName& name) {
    auto netlink = Netlink::open_in(network);
    ASSERT_TRUE(netlink) << netlink.error().to_string();
    const bool running = eventually([&] {
        const auto link = get_link(netlink.value(), name);
        return link && link.value().is_running();
    });
    ASSERT_TRUE(running) << name.text() << " is not running";
}

}  // namespace flatlan::support
