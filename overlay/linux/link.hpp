#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/vxlan_settings.hpp"

/// Interfaces of every kind: to find, change and remove. Each kind is made by its own header
/// (veth.hpp, vxlan.hpp, bridge.hpp). A function that takes a NetlinkBatch appends its requests;
/// its twin that takes a Netlink sends them.
namespace flatlan {

/// The MTU of an interface, in octets from the IP header on: underlay, overlay or loopback, whose
/// 65,536 no tunnel has.
class LinkMtu {
public:
    explicit constexpr LinkMtu(std::uint32_t value) : value_{value} {}
    template <typename Tag>
    constexpr LinkMtu(detail::Mtu<Tag> mtu)  // NOLINT(google-explicit-constructor)
        : value_{mtu.value()} {}

    constexpr std::uint32_t value() const { return value_; }
    friend constexpr auto operator<=>(LinkMtu, LinkMtu) = default;

private:
    std::uint32_t value_;
};

/// Interfaces that are removed together (`ip link show group`). Zero is where those are that nobody
/// grouped, and cannot be removed as a whole.
class LinkGroup {
public:
    constexpr LinkGroup() = default;
    explicit constexpr LinkGroup(std::uint32_t value) : value_{value} {}
    constexpr std::uint32_t value() const { return value_; }
    friend constexpr auto operator<=>(LinkGroup, LinkGroup) = default;

private:
    std::uint32_t value_ = 0;
};

/// Which interface is meant: by its number or by its name.
using LinkRef = std::variant<IfIndex, InterfaceName>;
/// "'flat0'" or "interface 7".
std::string to_string(const LinkRef& link);

/// Counters since the interface was made (rtnl_link_stats64).
struct LinkStats {
    std::uint64_t received_packets = 0, received_bytes = 0;
    std::uint64_t received_errors = 0, received_dropped = 0;
    std::uint64_t sent_packets = 0, sent_bytes = 0;
    std::uint64_t sent_errors = 0, sent_dropped = 0;
    friend bool operator==(const LinkStats&, const LinkStats&) = default;
};

/// What the kernel says of an interface.
struct Link {
    IfIndex index;
    InterfaceName name;
    std::string kind{};   ///< "veth", "vxlan", "bridge"; empty for loopback and hardware
    std::string alias{};  ///< the long name; often empty
    LinkMtu mtu{0};
    LinkGroup group{};
    std::uint32_t flags = 0;          ///< IFF_* (netdevice(7))
    std::optional<MacAddress> mac{};  ///< none for a device without Ethernet addresses
    /// Of a veth, the number of its other end, where that is: perhaps in another namespace.
    std::optional<IfIndex> peer{};
    std::optional<IfIndex> master{};  ///< the bridge to which it is attached
    std::optional<VxlanSettings> vxlan{};
    LinkStats stats{};              ///< zero unless asked for
    bool makes_link_local = false;  ///< gives itself an fe80:: address when it goes up

    bool is_up() const;        ///< set up by an administrator (IFF_UP)
    bool has_carrier() const;  ///< set up, and the other end too (IFF_LOWER_UP)
    bool is_running() const;   ///< and the kernel knows: packets pass (IFF_RUNNING)
};

/// What to change of an interface; what has no value stays.
struct LinkChange {
    std::optional<bool> up{};
    std::optional<LinkMtu> mtu{};
    std::optional<LinkGroup> group{};
    std::optional<std::string> alias{};  ///< at most 255 octets
    std::optional<MacAddress> mac{};
    std::optional<IfIndex> master{};  ///< attaches to this bridge
    std::optional<InterfaceName> name{};
    /// IPv6 makes no fe80:: address, now or when the interface goes up (addr_gen_mode none): so
    /// none has to be checked for duplicates and nothing is ever sent from it. Right already where
    /// there is no IPv6: in the kernel, or on a link that passes less than 1,280 octets.
    bool no_link_local = false;
};

void set_link(NetlinkBatch& batch, const LinkRef& link, const LinkChange& change);
Result<void> set_link(Netlink& netlink, const LinkRef& link, const LinkChange& change);

/// `lo` up, which gives it 127.0.0.1 and ::1.
void set_loopback_up(NetlinkBatch& batch);
Result<void> set_loopback_up(Netlink& netlink);

/// Succeeds when it is gone. Of a veth the other end goes too.
void remove_link(NetlinkBatch& batch, const LinkRef& link);
Result<void> remove_link(Netlink& netlink, const LinkRef& link);

/// Removes all interfaces of the group in one transaction of the kernel, which waits for its
/// readers once: 1,000 veth pairs go in 0.4 s, and in 18 s one by one (tests/bench/sandbox).
/// Succeeds when there is none.
void remove_link_group(NetlinkBatch& batch, LinkGroup group);
Result<void> remove_link_group(Netlink& netlink, LinkGroup group);

/// The same for these interfaces, whatever their groups.
Result<void> remove_links(Netlink& netlink, std::span<const InterfaceName> names);

/// Nothing when there is none of that name or number. With statistics.
Result<std::optional<Link>> find_link(Netlink& netlink, const LinkRef& link);
/// Error not_found when there is none.
Result<Link> get_link(Netlink& netlink, const LinkRef& link);
/// Those of the names, in their order, without statistics; error not_found when one is missing.
Result<std::vector<Link>> get_links(Netlink& netlink, std::span<const InterfaceName> names);

enum class WithStats : bool { no, yes };
/// All interfaces of the namespace.
Result<std::vector<Link>> list_links(Netlink& netlink, WithStats stats = WithStats::no);

/// What a message of the kernel says of an interface.
std::optional<Link> parse_link(const NetlinkMessageView& message);

}  // namespace flatlan
