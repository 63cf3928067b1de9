#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "overlay/base/check.hpp"
#include "overlay/base/ip_address.hpp"
#include "overlay/base/result.hpp"

namespace flatlan {

/// A VXLAN network identifier, of 24 bits (RFC 7348, section 4).
class Vni {
public:
    static constexpr std::uint32_t kMax = 0xff'ffff;

    /// For values that are known to fit; a larger one aborts.
    explicit constexpr Vni(std::uint32_t value) : value_{value} { FLATLAN_CHECK(value <= kMax); }
    /// Error invalid_argument when the value needs more than 24 bits.
    static Result<Vni> from(std::uint64_t raw);

    constexpr std::uint32_t value() const { return value_; }
    friend constexpr auto operator<=>(Vni, Vni) = default;

private:
    std::uint32_t value_;
};

/// A UDP or TCP port. Zero is "any": the kernel chooses.
class Port {
public:
    explicit constexpr Port(std::uint16_t value) : value_{value} {}
    /// Error invalid_argument unless the value lies in 1..65535.
    static Result<Port> from(std::uint64_t raw);
    static constexpr Port any() { return Port{0}; }

    constexpr std::uint16_t value() const { return value_; }
    friend constexpr auto operator<=>(Port, Port) = default;

private:
    std::uint16_t value_;
};

/// The port that IANA assigned to VXLAN (RFC 7348, section 8).
inline constexpr Port kVxlanPort{4789};

/// One end of the tunnel or of a flow: an address and a UDP or TCP port.
struct Endpoint {
    IpAddress address;
    Port port;
    friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// "172.31.0.1:4789" or "[fd00::1]:4789".
std::string to_string(const Endpoint& endpoint);

namespace detail {

/// An MTU in octets. It counts from the IP header on and leaves the Ethernet header out; `Tag`
/// keeps the MTU under the tunnel and the one inside it apart.
template <typename Tag>
class Mtu {
public:
    static constexpr std::uint32_t kMin = 68;  // RFC 791, section 3.2: every link passes this much
    static constexpr std::uint32_t kMax = 65535;

    /// For values that are known to fit; another one aborts.
    explicit constexpr Mtu(std::uint32_t value) : value_{value} {
        FLATLAN_CHECK(value >= kMin && value <= kMax);
    }
    /// Error invalid_argument unless the value lies in 68..65535.
    static Result<Mtu> from(std::uint64_t raw) {
        if (raw < kMin || raw > kMax)
            return Error{ErrorCode::invalid_argument, "MTU " + std::to_string(raw) + " is no MTU"}
                .expecting("68 to 65535 octets");
        return Mtu{static_cast<std::uint32_t>(raw)};
    }

    constexpr std::uint32_t value() const { return value_; }
    friend constexpr auto operator<=>(Mtu, Mtu) = default;

private:
    std::uint32_t value_;
};

}  // namespace detail

/// The MTU of the interface under the tunnel, in octets.
using UnderlayMtu = detail::Mtu<struct UnderlayMtuTag>;
/// The MTU of pods and of the tunnel device: what crosses the tunnel in one piece, in octets.
using OverlayMtu = detail::Mtu<struct OverlayMtuTag>;

/// The kernel's number of an interface, within one network namespace; positive.
class IfIndex {
public:
    explicit constexpr IfIndex(int value) : value_{value} { FLATLAN_CHECK(value > 0); }
    constexpr int value() const { return value_; }
    friend constexpr auto operator<=>(IfIndex, IfIndex) = default;

private:
    int value_;
};

/// The kernel's number of a next hop object, within one network namespace (ip-nexthop(8)). Unlike
/// an interface's it is chosen by who makes the object. Zero is none.
class NexthopId {
public:
    constexpr NexthopId() = default;
    explicit constexpr NexthopId(std::uint32_t value) : value_{value} {}
    constexpr std::uint32_t value() const { return value_; }
    friend constexpr auto operator<=>(NexthopId, NexthopId) = default;

private:
    std::uint32_t value_ = 0;
};

/// A name that the kernel takes for an interface: 1 to 15 octets, no slash, colon or space, not "."
/// or
/// ".." (dev_valid_name).
class InterfaceName {
public:
    static constexpr std::size_t kSizeMax = 15;  // IFNAMSIZ without the terminator

    /// Error: invalid_argument.
    static Result<InterfaceName> from(std::string_view text);
    /// For names that we make ourselves; a wrong one aborts.
    explicit InterfaceName(std::string_view text);

    const std::string& text() const { return text_; }
    const char* c_str() const { return text_.c_str(); }
    friend auto operator<=>(const InterfaceName&, const InterfaceName&) = default;

private:
    std::string text_;
};

}  // namespace flatlan
