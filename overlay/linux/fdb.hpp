#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan {

/// An entry of a VXLAN device's forwarding table: behind which endpoint a MAC address is.
struct FdbEntry {
    MacAddress mac;
    IfIndex device;
    IpAddress remote;  ///< underlay address; the UDP port and VNI are the device's own
    bool permanent = true;
    /// Nothing else is said of it. False for one that was read and has a port, VNI or interface of
    /// its own.
    bool plain = true;

    friend bool operator==(const FdbEntry&, const FdbEntry&) = default;
};

/// "02:00:00:00:00:01 behind 172.31.0.2 on interface 4".
std::string to_string(const FdbEntry& entry);

/// Error already_exists when the device has an entry for the MAC address.
void create_fdb_entry(NetlinkBatch& batch, const FdbEntry& entry);
Result<void> create_fdb_entry(Netlink& netlink, const FdbEntry& entry);
/// Makes it so, whatever is there for the MAC address.
void replace_fdb_entry(NetlinkBatch& batch, const FdbEntry& entry);
Result<void> replace_fdb_entry(Netlink& netlink, const FdbEntry& entry);
/// Succeeds when it is gone.
void remove_fdb_entry(NetlinkBatch& batch, const FdbEntry& entry);
Result<void> remove_fdb_entry(Netlink& netlink, const FdbEntry& entry);

/// All entries of the VXLAN device that have a remote.
Result<std::vector<FdbEntry>> list_fdb_entries(Netlink& netlink, IfIndex device);

/// What a message of the kernel says; nothing for an entry without a remote.
std::optional<FdbEntry> parse_fdb_entry(const NetlinkMessageView& message);

}  // namespace flatlan
