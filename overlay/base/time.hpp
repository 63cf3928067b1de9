#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace flatlan {

/// A span of time in nanoseconds.
using Duration = std::chrono::nanoseconds;

/// A point in monotonic time: nanoseconds since an origin that only its clock knows. Pure code is
/// handed instants and never asks a clock; drivers read CLOCK_MONOTONIC, the simulator counts its
/// own.
class Instant {
public:
    constexpr Instant() = default;
    static constexpr Instant from_nanoseconds(std::int64_t since_origin) {
        return Instant{Duration{since_origin}};
    }

    constexpr std::int64_t nanoseconds() const { return since_origin_.count(); }

    friend constexpr Instant operator+(Instant at, Duration span) {
        return Instant{at.since_origin_ + span};
    }
    friend constexpr Instant operator-(Instant at, Duration span) {
        return Instant{at.since_origin_ - span};
    }
    friend constexpr Duration operator-(Instant later, Instant earlier) {
        return later.since_origin_ - earlier.since_origin_;
    }
    friend constexpr auto operator<=>(Instant, Instant) = default;

private:
    explicit constexpr Instant(Duration since_origin) : since_origin_{since_origin} {}
    Duration since_origin_{0};
};

}  // namespace flatlan
