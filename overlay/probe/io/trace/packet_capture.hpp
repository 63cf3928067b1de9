#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/pcap/packet_filter.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/probe/trace/captured_frame.hpp"

namespace flatlan::trace {

/// Every packet that passes any device of a network namespace, in either direction, from now on
/// (packet(7)). One socket for all devices, so that nothing between them is missed.
class PacketCapture {
public:
    /// Error forbidden without CAP_NET_RAW over the namespace.
    /// With a filter only what passes it.
    static Result<PacketCapture> open(const Namespace& network,
                                      const PacketFilter* filter = nullptr);

    /// For waiting; still owned here.
    int fd() const { return socket_.get(); }
    /// The next one; nothing when none waits.
    std::optional<CapturedFrame> next();
    /// Ends it before this does: the kernel then waits for all who may still read its list of
    /// captures (synchronize_net), some milliseconds.
    void close() { socket_.reset(); }
    /// How many were lost since the last call because nobody read in time.
    std::uint32_t count_lost();

private:
    explicit PacketCapture(UniqueFd socket) : socket_{std::move(socket)}, buffer_(65536) {}

    UniqueFd socket_;
    std::vector<std::byte> buffer_;
};

}  // namespace flatlan::trace
