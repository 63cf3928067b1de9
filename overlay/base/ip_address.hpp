#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "overlay/base/check.hpp"
#include "overlay/base/hash.hpp"
#include "overlay/base/result.hpp"

namespace flatlan {

enum class IpFamily : std::uint8_t { ipv4 = 4, ipv6 = 6 };

/// "IPv4" or "IPv6".
std::string_view to_string(IpFamily family);

/// Bits in an address of the family: 32 or 128.
constexpr unsigned address_bits(IpFamily family) { return family == IpFamily::ipv4 ? 32 : 128; }

__extension__ using Uint128 = unsigned __int128;

/// An IPv4 address; the integer is in host order.
class Ipv4Address {
public:
    static constexpr std::size_t kSizeBytes = 4;

    constexpr Ipv4Address() = default;
    explicit constexpr Ipv4Address(std::uint32_t value) : value_{value} {}
    static constexpr Ipv4Address from_octets(std::array<std::byte, kSizeBytes> octets) {
        std::uint32_t value = 0;
        for (const std::byte octet : octets)
            value = (value << 8U) | std::to_integer<std::uint32_t>(octet);
        return Ipv4Address{value};
    }
    /// Dotted decimal, four parts, no leading zeros (as inet_pton(3)). Error: invalid_argument.
    static Result<Ipv4Address> from_text(std::string_view text);

    constexpr std::uint32_t value() const { return value_; }
    /// In network order.
    constexpr std::array<std::byte, kSizeBytes> octets() const {
        return {static_cast<std::byte>(value_ >> 24U), static_cast<std::byte>(value_ >> 16U),
                static_cast<std::byte>(value_ >> 8U), static_cast<std::byte>(value_)};
    }
    constexpr bool is_unspecified() const { return value_ == 0; }
    constexpr bool is_loopback() const { return (value_ >> 24U) == 127; }
    constexpr bool is_link_local() const { return (value_ >> 16U) == 0xa9fe; }  // RFC 3927
    constexpr bool is_multicast() const { return (value_ >> 28U) == 0xe; }
    constexpr bool is_broadcast() const { return value_ == 0xffff'ffff; }

    friend constexpr auto operator<=>(Ipv4Address, Ipv4Address) = default;

private:
    std::uint32_t value_ = 0;
};

std::string to_string(Ipv4Address address);

/// An IPv6 address, as one integer of 128 bits in host order.
class Ipv6Address {
public:
    static constexpr std::size_t kSizeBytes = 16;

    constexpr Ipv6Address() = default;
    explicit constexpr Ipv6Address(Uint128 value) : value_{value} {}
    static constexpr Ipv6Address from_halves(std::uint64_t high, std::uint64_t low) {
        return Ipv6Address{(static_cast<Uint128>(high) << 64U) | low};
    }
    static constexpr Ipv6Address from_octets(std::array<std::byte, kSizeBytes> octets) {
        Uint128 value = 0;
        for (const std::byte octet : octets)
            value = (value << 8U) | std::to_integer<std::uint8_t>(octet);
        return Ipv6Address{value};
    }
    /// RFC 4291, section 2.2, without a zone. Error: invalid_argument.
    static Result<Ipv6Address> from_text(std::string_view text);

    constexpr Uint128 value() const { return value_; }
    constexpr std::uint64_t high() const { return static_cast<std::uint64_t>(value_ >> 64U); }
    constexpr std::uint64_t low() const { return static_cast<std::uint64_t>(value_); }
    /// In network order.
    constexpr std::array<std::byte, kSizeBytes> octets() const {
        std::array<std::byte, kSizeBytes> out{};
        for (std::size_t i = 0; i < kSizeBytes; ++i)
            out[kSizeBytes - 1 - i] = static_cast<std::byte>(value_ >> (8U * i));
        return out;
    }
    constexpr bool is_unspecified() const { return value_ == 0; }
    constexpr bool is_loopback() const { return value_ == 1; }
    constexpr bool is_link_local() const { return (high() >> 54U) == 0x3fa; }  // fe80::/10
    constexpr bool is_multicast() const { return (high() >> 56U) == 0xff; }

    friend constexpr auto operator<=>(Ipv6Address, Ipv6Address) = default;

private:
    Uint128 value_ = 0;
};

/// The canonical text of RFC 5952.
std::string to_string(Ipv6Address address);

/// An address of either family. All IPv4 addresses sort before all IPv6 addresses.
class IpAddress {
public:
    // Not explicit: wherever either family will do, an address of one is an address.
    // NOLINTNEXTLINE(google-explicit-constructor)
    constexpr IpAddress(Ipv4Address address) : address_{address} {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    constexpr IpAddress(Ipv6Address address) : address_{address} {}
    /// The address of `family` whose integer is `value`; for IPv4 `value` is below 2^32.
    static constexpr IpAddress from_value(IpFamily family, Uint128 value) {
        if (family == IpFamily::ipv4) return Ipv4Address{static_cast<std::uint32_t>(value)};
        return Ipv6Address{value};
    }
    /// Either family's text. Error: invalid_argument.
    static Result<IpAddress> from_text(std::string_view text);

    constexpr IpFamily family() const {
        return std::holds_alternative<Ipv4Address>(address_) ? IpFamily::ipv4 : IpFamily::ipv6;
    }
    constexpr bool is_ipv4() const { return family() == IpFamily::ipv4; }
    constexpr bool is_ipv6() const { return family() == IpFamily::ipv6; }
    /// The family must fit: asked of the other one it aborts.
    constexpr Ipv4Address ipv4() const {
        FLATLAN_CHECK(is_ipv4());
        return *std::get_if<Ipv4Address>(&address_);
    }
    constexpr Ipv6Address ipv6() const {
        FLATLAN_CHECK(is_ipv6());
        return *std::get_if<Ipv6Address>(&address_);
    }
    /// The address as an integer, of 32 or 128 bits.
    constexpr Uint128 value() const { return is_ipv4() ? Uint128{ipv4().value()} : ipv6().value(); }
    constexpr bool is_multicast() const {
        return is_ipv4() ? ipv4().is_multicast() : ipv6().is_multicast();
    }

    friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

private:
    std::variant<Ipv4Address, Ipv6Address> address_;
};

std::string to_string(const IpAddress& address);

/// One address of each family that there is; a pod or node of a dual-stack cluster has both.
struct IpAddresses {
    std::optional<Ipv4Address> ipv4;
    std::optional<Ipv6Address> ipv6;

    /// The address of `family`, if there is one.
    std::optional<IpAddress> find(IpFamily family) const {
        if (family == IpFamily::ipv4) return ipv4 ? std::optional<IpAddress>{*ipv4} : std::nullopt;
        return ipv6 ? std::optional<IpAddress>{*ipv6} : std::nullopt;
    }
    void set(const IpAddress& address) {
        if (address.is_ipv4())
            ipv4 = address.ipv4();
        else
            ipv6 = address.ipv6();
    }
    void clear(IpFamily family) {
        if (family == IpFamily::ipv4)
            ipv4.reset();
        else
            ipv6.reset();
    }
    bool empty() const { return !ipv4 && !ipv6; }

    friend auto operator<=>(const IpAddresses&, const IpAddresses&) = default;
};

}  // namespace flatlan

template <>
struct std::hash<flatlan::IpAddress> {
    std::size_t operator()(const flatlan::IpAddress& address) const noexcept {
        const auto value = address.value();
        return flatlan::hash_join(static_cast<std::uint64_t>(value >> 64U),
                                  static_cast<std::uint64_t>(value));
    }
};
