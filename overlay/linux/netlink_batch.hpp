#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "overlay/linux/netlink_message.hpp"

namespace flatlan {

/// Which refusal of the kernel counts as success, since the state is already as wanted.
enum class Tolerate : std::uint8_t {
    nothing,
    existing,  ///< EEXIST
    missing,   ///< ENOENT, ESRCH, ENODEV, ENXIO, EADDRNOTAVAIL: each table has its own word for it
    device_down,  ///< ENETDOWN
    no_ipv6,      ///< EAFNOSUPPORT: the kernel has no IPv6, or the device has none
};

/// Says what a request asks for, for people: "add route 10.244.1.0/26 via 10.244.1.0". Only called
/// for a request that failed, on the request itself, so that success builds no text.
using DescribeRequest = std::string (*)(const NetlinkMessageView& request);

/// Requests to one network namespace that are sent together (Netlink::execute). A plain value.
class NetlinkBatch {
public:
    struct Request {
        std::size_t offset_bytes;
        std::size_t size_bytes;
        Tolerate tolerate;
        DescribeRequest describe;
    };

    void append(const NetlinkMessage& message, DescribeRequest describe,
                Tolerate tolerate = Tolerate::nothing);
    void clear();

    bool empty() const { return requests_.empty(); }
    /// How many requests it holds.
    std::size_t size() const { return requests_.size(); }
    std::span<const Request> requests() const { return requests_; }
    std::span<const std::byte> bytes_of(const Request& request) const {
        return std::span{bytes_}.subspan(request.offset_bytes, request.size_bytes);
    }

private:
    std::vector<std::byte> bytes_;  // messages one behind another, each aligned to NLMSG_ALIGNTO
    std::vector<Request> requests_;
};

}  // namespace flatlan
