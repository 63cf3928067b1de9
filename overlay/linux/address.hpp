#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan {

/// An address of an interface. Ours are never checked for duplicates (IFA_F_NODAD): IPAM has
/// promised that there are none, and an address under check cannot be used. On a device that is up
/// it can be used as soon as the request is answered, whatever the family.
struct InterfaceAddress {
    IpAddress address;
    unsigned length_bits;  ///< of the prefix that is said to be on the link: 32 or 128 for none
    IfIndex device;
    /// Whether the kernel makes a route to that prefix through the device.
    bool prefix_route = false;

    friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// "10.244.0.1/32 on interface 2".
std::string to_string(const InterfaceAddress& address);

/// Error already_exists when the device has it.
void create_address(NetlinkBatch& batch, const InterfaceAddress& address);
Result<void> create_address(Netlink& netlink, const InterfaceAddress& address);
/// Makes it so, whether the device has it or not.
void replace_address(NetlinkBatch& batch, const InterfaceAddress& address);
Result<void> replace_address(Netlink& netlink, const InterfaceAddress& address);
/// Succeeds when it is gone.
void remove_address(NetlinkBatch& batch, const InterfaceAddress& address);
Result<void> remove_address(Netlink& netlink, const InterfaceAddress& address);

/// Of one interface, or of all of the namespace.
Result<std::vector<InterfaceAddress>> list_addresses(Netlink& netlink,
                                                     std::optional<IfIndex> device = std::nullopt);

/// What a message of the kernel says.
std::optional<InterfaceAddress> parse_address(const NetlinkMessageView& message);

}  // namespace flatlan
