#pragma once

#include <cstdint>

#include "overlay/base/check.hpp"

namespace flatlan {

/// A repeatable source of chance, handed to whatever needs one: SplitMix64 (Steele, Lea, Flood,
/// "Fast splittable pseudorandom number generators", 2014). The same seed gives the same numbers
/// everywhere. Not for secrets.
class Prng {
public:
    explicit constexpr Prng(std::uint64_t seed) : state_{seed} {}

    /// 64 random bits.
    constexpr std::uint64_t next() {
        state_ += 0x9e37'79b9'7f4a'7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11eb;
        return mixed ^ (mixed >> 31U);
    }

    /// A number from 0 to `bound - 1`; `bound` is at least 1. The bias is under bound / 2^64.
    constexpr std::uint64_t below(std::uint64_t bound) {
        FLATLAN_CHECK(bound > 0);
        return next() % bound;
    }

    /// True in `numerator` of `denominator` cases. Integers, so that no run depends on rounding.
    constexpr bool chance(std::uint64_t numerator, std::uint64_t denominator) {
        return below(denominator) < numerator;
    }

private:
    std::uint64_t state_;
};

}  // namespace flatlan
