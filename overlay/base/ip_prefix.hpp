#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "overlay/base/ip_address.hpp"

namespace flatlan {

/// A range of addresses in CIDR form (RFC 4632), of either family. Its host bits are zero, always.
class IpPrefix {
public:
    /// Errors, all invalid_argument: a length over 32 or 128, host bits that are set (the text says
    /// which prefix was probably meant).
    static Result<IpPrefix> from(const IpAddress& address, unsigned length_bits);
    /// The prefix of that length in which the address lies; the length must fit the family.
    static constexpr IpPrefix containing(const IpAddress& address, unsigned length_bits) {
        FLATLAN_CHECK(length_bits <= address_bits(address.family()));
        return IpPrefix{
            IpAddress::from_value(address.family(),
                                  address.value() & mask(address.family(), length_bits)),
            length_bits};
    }
    /// The prefix that holds this one address: /32 or /128.
    static constexpr IpPrefix host(const IpAddress& address) {
        return IpPrefix{address, address_bits(address.family())};
    }
    /// "address/length". Error: invalid_argument.
    static Result<IpPrefix> from_text(std::string_view text);

    constexpr IpFamily family() const { return address_.family(); }
    /// The lowest address.
    constexpr const IpAddress& address() const { return address_; }
    constexpr unsigned length_bits() const { return length_bits_; }
    constexpr unsigned host_bits() const { return address_bits(family()) - length_bits_; }
    /// The highest address.
    constexpr IpAddress last() const {
        return IpAddress::from_value(family(),
                                     address_.value() | host_mask(family(), length_bits_));
    }
    constexpr bool contains(const IpAddress& address) const {
        return address.family() == family() &&
               (address.value() & mask(family(), length_bits_)) == address_.value();
    }
    constexpr bool contains(const IpPrefix& other) const {
        return other.length_bits_ >= length_bits_ && contains(other.address_);
    }
    constexpr bool overlaps(const IpPrefix& other) const {
        return contains(other) || other.contains(*this);
    }
    /// The address at `offset` from the lowest; it must lie inside.
    constexpr IpAddress at(std::uint64_t offset) const {
        FLATLAN_CHECK(host_bits() >= 64 || (offset >> host_bits()) == 0);
        return IpAddress::from_value(family(), address_.value() + offset);
    }
    /// How far an address inside stands from the lowest. It must be inside, and under 2^64 away.
    constexpr std::uint64_t offset_of(const IpAddress& address) const {
        FLATLAN_CHECK(contains(address));
        return static_cast<std::uint64_t>(address.value() - address_.value());
    }
    /// How many prefixes of the greater length `length_bits` this one is cut into; 2^63 when it is
    /// more.
    constexpr std::uint64_t count_of(unsigned length_bits) const {
        FLATLAN_CHECK(length_bits >= length_bits_ && length_bits <= address_bits(family()));
        const unsigned bits = length_bits - length_bits_;
        return std::uint64_t{1} << (bits < 63 ? bits : 63);
    }
    /// The `index`th of those, from 0.
    constexpr IpPrefix subprefix(unsigned length_bits, std::uint64_t index) const {
        FLATLAN_CHECK(index < count_of(length_bits));
        const unsigned shift = address_bits(family()) - length_bits;
        const Uint128 offset = shift >= 128 ? 0 : static_cast<Uint128>(index) << shift;
        return IpPrefix{IpAddress::from_value(family(), address_.value() + offset), length_bits};
    }

    friend constexpr auto operator<=>(const IpPrefix&, const IpPrefix&) = default;

private:
    constexpr IpPrefix(const IpAddress& address, unsigned length_bits)
        : address_{address}, length_bits_{static_cast<std::uint8_t>(length_bits)} {}

    static constexpr Uint128 host_mask(IpFamily family, unsigned length_bits) {
        const unsigned bits = address_bits(family) - length_bits;
        return bits == 128 ? ~Uint128{0} : (Uint128{1} << bits) - 1;
    }
    static constexpr Uint128 mask(IpFamily family, unsigned length_bits) {
        const Uint128 all = family == IpFamily::ipv4 ? Uint128{0xffff'ffff} : ~Uint128{0};
        return all & ~host_mask(family, length_bits);
    }

    IpAddress address_;
    std::uint8_t length_bits_;
};

/// "10.244.0.0/26".
std::string to_string(const IpPrefix& prefix);

}  // namespace flatlan

template <>
struct std::hash<flatlan::IpPrefix> {
    std::size_t operator()(const flatlan::IpPrefix& prefix) const noexcept {
        return flatlan::hash_join(std::hash<flatlan::IpAddress>{}(prefix.address()),
                                  prefix.length_bits());
    }
};
