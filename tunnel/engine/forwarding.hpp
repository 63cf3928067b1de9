#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::tunnel {

/// Who owns the addresses of a prefix, as a number that means something to the caller.
struct Route {
    IpPrefix prefix;
    std::uint32_t owner = 0;
    friend bool operator==(const Route&, const Route&) = default;
};

/// Finds the owner of an address by the longest prefix that contains it, in either family.
///
/// A table is built as a whole and never changed. Nested prefixes are cut into ranges that do not
/// overlap, so a look-up is one binary search: logarithmic in the number of prefixes, nothing
/// allocated. Building n prefixes takes O(n log n).
class Forwarding {
public:
    /// Knows no address.
    Forwarding() = default;
    /// Error conflict when two routes of one prefix have different owners.
    static Result<Forwarding> from(std::span<const Route> routes);

    std::optional<std::uint32_t> find(Ipv4Address address) const {
        return ipv4_.find(address.value());
    }
    std::optional<std::uint32_t> find(Ipv6Address address) const {
        return ipv6_.find(address.value());
    }
    std::optional<std::uint32_t> find(const IpAddress& address) const {
        return address.is_ipv4() ? find(address.ipv4()) : find(address.ipv6());
    }

private:
    /// Ranges of addresses in ascending order. Range i goes from starts[i] to starts[i + 1] - 1;
    /// the first starts at 0, the last goes to the highest address.
    template <typename Integer>
    struct Ranges {
        std::vector<Integer> starts{0};
        std::vector<std::optional<std::uint32_t>> owners{std::nullopt};

        std::optional<std::uint32_t> find(Integer address) const;
        void start(Integer at, std::optional<std::uint32_t> owner);
        /// `sorted`: by address, of one address the shortest prefix first.
        static Ranges from(std::span<const Route* const> sorted);
    };

    Ranges<std::uint32_t> ipv4_;
    Ranges<Uint128> ipv6_;
};

}  // namespace flatlan::tunnel
