#pragma once

#include <string>
#include <vector>

#include "ipam/lease.hpp"
#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::ipam {

/// An address that an interface really has, in a network namespace that really exists.
struct LiveAddress {
    IpAddress address;
    NetnsInode netns;
    InterfaceName interface;
    /// What the interface says of itself: the text of the lease's key where we made it (it stands
    /// in the interface's alias), empty for a foreign one.
    std::string key_text{};
    friend bool operator==(const LiveAddress&, const LiveAddress&) = default;
};

/// The look at the machine by which leases are judged. A port: the kernel's answer comes from
/// overlay/linux, tests bring their own.
class LiveNamespaces {
public:
    virtual ~LiveNamespaces() = default;

    /// Every global address of every network namespace of this machine but the host's own. An
    /// error when one of them could not be read: then nothing may be concluded from an address
    /// that is missing.
    virtual Result<std::vector<LiveAddress>> addresses() = 0;
};

}  // namespace flatlan::ipam
