#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan {

/// How sure the kernel is of a neighbour (NUD_* of linux/neighbour.h).
enum class NeighbourState : std::uint16_t {
    none = 0x00,
    incomplete = 0x01,
    reachable = 0x02,
    stale = 0x04,
    delay = 0x08,
    probe = 0x10,
    failed = 0x20,
    noarp = 0x40,      ///< needs no asking: multicast, loopback
    permanent = 0x80,  ///< was told, not learnt; exempt from the table's limit
};

/// "permanent", "stale" and so on.
std::string_view to_string(NeighbourState state);

/// Which link-layer address an IP address on the link has.
struct Neighbour {
    IpAddress address;
    IfIndex device;
    MacAddress mac;  ///< all zero while the kernel does not know it
    NeighbourState state = NeighbourState::permanent;
    std::uint8_t flags = 0;  ///< NTF_* (rtnetlink(7))

    /// Whether it came from asking the link and so counts against the kernel-wide limit.
    bool is_learnt() const {
        return state != NeighbourState::permanent && state != NeighbourState::noarp;
    }
    friend bool operator==(const Neighbour&, const Neighbour&) = default;
};

/// "10.244.1.0 at 02:00:00:00:00:01 on interface 4".
std::string to_string(const Neighbour& neighbour);

/// Error already_exists when the device has an entry for the address.
void create_neighbour(NetlinkBatch& batch, const Neighbour& neighbour);
Result<void> create_neighbour(Netlink& netlink, const Neighbour& neighbour);
/// Makes it so, whatever is there for the address.
void replace_neighbour(NetlinkBatch& batch, const Neighbour& neighbour);
Result<void> replace_neighbour(Netlink& netlink, const Neighbour& neighbour);
/// Succeeds when it is gone. The link-layer address does not matter.
void remove_neighbour(NetlinkBatch& batch, const Neighbour& neighbour);
Result<void> remove_neighbour(Netlink& netlink, const Neighbour& neighbour);

/// The device's entry for the address; nothing when there is none. It costs the same however many
/// entries the kernel has, where a list walks those of all namespaces.
Result<std::optional<Neighbour>> find_neighbour(Netlink& netlink, IfIndex device,
                                                const IpAddress& address);
/// Of one interface, or of all of the namespace; both families. Entries without need of asking
/// (`noarp`) are among them.
Result<std::vector<Neighbour>> list_neighbours(Netlink& netlink,
                                               std::optional<IfIndex> device = std::nullopt);
/// How many entries of the namespace were learnt by asking; there should be none.
Result<std::size_t> count_learnt_neighbours(Netlink& netlink);

/// What a message of the kernel says; nothing for an entry of another table.
std::optional<Neighbour> parse_neighbour(const NetlinkMessageView& message);

}  // namespace flatlan
