#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "overlay/base/check.hpp"

namespace flatlan::tunnel {

/// Explicit Congestion Notification, the low two bits of the octet (RFC 3168, section 5).
enum class Ecn : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, ce = 3 };

/// "not-ECT", "ECT(1)", "ECT(0)" or "CE".
std::string_view to_string(Ecn ecn);

/// A Differentiated Services code point, of six bits (RFC 2474, section 3).
class Dscp {
public:
    static constexpr std::uint8_t kMax = 0x3f;

    constexpr Dscp() = default;
    /// For values that are known to fit; a larger one aborts.
    explicit constexpr Dscp(std::uint8_t value) : value_{value} { FLATLAN_CHECK(value <= kMax); }

    constexpr std::uint8_t value() const { return value_; }
    friend constexpr bool operator==(Dscp, Dscp) = default;

private:
    std::uint8_t value_ = 0;
};

/// The octet that IPv4 calls type of service and IPv6 traffic class.
///
///     bit 7..2   1..0
///     +--------+-----+
///     |  DSCP  | ECN |
///     +--------+-----+
struct TrafficClass {
    Dscp dscp;
    Ecn ecn = Ecn::not_ect;

    static constexpr TrafficClass from_octet(std::uint8_t octet) {
        return {Dscp{static_cast<std::uint8_t>(octet >> 2U)},
                static_cast<Ecn>(static_cast<std::uint8_t>(octet & 3U))};
    }
    constexpr std::uint8_t octet() const {
        return static_cast<std::uint8_t>(unsigned{dscp.value()} << 2U | static_cast<unsigned>(ecn));
    }
    friend constexpr bool operator==(const TrafficClass&, const TrafficClass&) = default;
};

/// "DSCP 46 ECT(0)".
std::string to_string(const TrafficClass& traffic_class);

}  // namespace flatlan::tunnel
