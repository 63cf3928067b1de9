#pragma once

#include <optional>

#include "overlay/linux/link.hpp"
#include "overlay/linux/netlink_events.hpp"

namespace flatlan {

/// Knows how large packets one interface passes, without asking again while nothing changes.
class LinkMtuWatch {
public:
    static Result<LinkMtuWatch> open_in(const Namespace& network, const InterfaceName& name);

    /// Readable while something was told of the namespace's interfaces.
    int fd() const { return events_.fd(); }
    /// Reads all that was told. Nothing while there is no interface of that name.
    Result<std::optional<LinkMtu>> read();

private:
    LinkMtuWatch(Netlink netlink, NetlinkEvents events, const InterfaceName& name)
        : netlink_{std::move(netlink)}, events_{std::move(events)}, name_{name} {}
    Result<void> ask();

    Netlink netlink_;
    NetlinkEvents events_;
    InterfaceName name_;
    std::optional<LinkMtu> mtu_;
};

}  // namespace flatlan
