#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "overlay/probe/trial/trial.hpp"

/// What the two ends of a trial tell each other when they are on different machines. Whoever tries
/// sends as it would to a member beside it; the far end answers over the way that is tried.
namespace flatlan::trial {

/// Where a member answers those who try it from another machine.
struct Door {
    probe::MemberId member;
    IpFamily family;
    Port udp;  ///< each packet is answered with a Receipt
    Port tcp;  ///< what comes is compared with the pattern and answered with Progress
    friend bool operator==(const Door&, const Door&) = default;
};
using DoorKey = std::pair<probe::MemberId, IpFamily>;
using Doors = std::map<DoorKey, Door>;

/// That a packet came.
///
///     octet 0..11                     12..15             16..19
///     +-------------------------------+------------------+-------------------+
///     | the packet's first 12 octets  | octets that came | its place         |
///     +-------------------------------+------------------+-------------------+
struct Receipt {
    static constexpr std::size_t kStartBytes = 12;
    static constexpr std::size_t kSizeBytes = kStartBytes + 4 + 4;

    std::array<std::byte, kStartBytes> start{};
    std::uint32_t octets = 0;  ///< of the payload
    std::uint32_t place = 0;   ///< among all that came to this door: one more each time

    /// Empty for anything that has not the size of one.
    static std::optional<Receipt> parse(std::span<const std::byte> datagram);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// How far a transfer has come.
///
///     octet 0..7                   8
///     +----------------------------+---------+
///     | octets arrived, unchanged  | changed |
///     +----------------------------+---------+
struct Progress {
    static constexpr std::size_t kSizeBytes = 8 + 1;

    std::uint64_t arrived = 0;
    bool changed = false;  ///< what came next was something else

    static Progress parse(std::span<const std::byte, kSizeBytes> octets);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const Progress&, const Progress&) = default;
};

}  // namespace flatlan::trial
