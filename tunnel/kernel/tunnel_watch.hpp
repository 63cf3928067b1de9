#pragma once

#include <memory>
#include <optional>

#include "overlay/linux/netlink_events.hpp"
#include "tunnel/kernel/news.hpp"

namespace flatlan::tunnel {

/// Knows what the kernel has of a tunnel without reading it again: what this process made of it,
/// as long as the kernel tells of nothing else.
class TunnelWatch {
public:
    /// Listens from now on; what was expected before stays so. `own` is the socket through which
    /// this process changes the tunnel.
    Result<void> start(const Namespace& network, const Netlink& own);
    void stop() { events_.reset(); }
    bool is_started() const { return events_.has_value(); }

    /// Readable while the kernel has told something; -1 before the start.
    int fd() const { return events_ ? events_->fd() : -1; }

    /// From now on the kernel has this. Said before the changes are made that lead there: what is
    /// told of them agrees.
    void expect(ExpectedTunnel tunnel);
    /// Nothing is known any more.
    void forget() { expected_.reset(); }

    /// Reads all that was told, once started. Afterwards `expected` is what the kernel has.
    Result<void> read();
    /// Nothing when it can only be read anew.
    const ExpectedTunnel* expected() const { return expected_.get(); }

private:
    std::optional<NetlinkEvents> events_;
    std::unique_ptr<const ExpectedTunnel> expected_;
};

}  // namespace flatlan::tunnel
