#pragma once

#include <memory>

#include "overlay/linux/netlink_events.hpp"
#include "tunnel/kernel/news.hpp"

namespace flatlan::tunnel {

/// Knows what the kernel has of a tunnel without reading it again: what this process made of it,
/// as long as the kernel tells of nothing else.
class TunnelWatch {
public:
    /// `own` is the socket through which this process changes the tunnel.
    static Result<TunnelWatch> open(const Namespace& network, const Netlink& own);

    /// Readable while the kernel has told something.
    int fd() const { return events_.fd(); }

    /// From now on the kernel has this. Said before the changes are made that lead there: what is
    /// told of them agrees.
    void expect(ExpectedTunnel tunnel);
    /// Nothing is known any more.
    void forget() { expected_.reset(); }

    /// Reads all that was told. Afterwards `expected` is what the kernel has.
    Result<void> read();
    /// Nothing when it can only be read anew.
    const ExpectedTunnel* expected() const { return expected_.get(); }

private:
    explicit TunnelWatch(NetlinkEvents events) : events_{std::move(events)} {}

    NetlinkEvents events_;
    std::unique_ptr<const ExpectedTunnel> expected_;
};

}  // namespace flatlan::tunnel
