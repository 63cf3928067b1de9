#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "overlay/probe/explanation.hpp"
#include "overlay/probe/judge.hpp"
#include "overlay/probe/plan.hpp"

namespace flatlan::probe {

/// A set of lanes.
class LaneSet {
public:
    constexpr LaneSet() = default;
    explicit constexpr LaneSet(const Lane& lane) : bits_{bit(lane)} {}
    static constexpr LaneSet of_family(IpFamily family) {
        LaneSet lanes;
        for (const Protocol protocol : kProtocols)
            lanes |= LaneSet{{family, protocol}};
        return lanes;
    }

    constexpr bool empty() const { return bits_ == 0; }
    constexpr std::size_t size() const { return static_cast<std::size_t>(std::popcount(bits_)); }
    constexpr bool contains(const Lane& lane) const { return (bits_ & bit(lane)) != 0; }
    constexpr LaneSet& operator|=(LaneSet other) {
        bits_ |= other.bits_;
        return *this;
    }
    friend constexpr LaneSet operator&(LaneSet left, LaneSet right) {
        left.bits_ &= right.bits_;
        return left;
    }
    constexpr LaneSet without(LaneSet other) const {
        LaneSet rest = *this;
        rest.bits_ &= static_cast<std::uint8_t>(~other.bits_);
        return rest;
    }
    friend constexpr auto operator<=>(LaneSet, LaneSet) = default;

private:
    static constexpr std::uint8_t bit(const Lane& lane) {
        constexpr auto kIpv6Shift = static_cast<unsigned>(kProtocols.size());
        const unsigned family = lane.family == IpFamily::ipv4 ? 0 : kIpv6Shift;
        return static_cast<std::uint8_t>(1U << (static_cast<unsigned>(lane.protocol) + family));
    }

    std::uint8_t bits_ = 0;
};

/// The lanes of a plan on which the pair can be tried.
LaneSet lanes_of(std::span<const Member> members, const Plan& plan, const Pair& pair);

/// "IPv6", "UDP", "TCP over IPv4"; empty when `failed` is all of `planned`.
std::string lane_words(LaneSet failed, LaneSet planned);

/// How a pair fails over one family, and where. A place at the sender itself is the same for all
/// senders.
struct Manner {
    Verdict verdict = Verdict::unknown;
    bool at_sender = false;
    std::string hop{};  ///< empty when not known, or at the sender
    LaneSet lanes{};    ///< of one family
    friend auto operator<=>(const Manner&, const Manner&) = default;

    /// Nobody said anything: the packets only vanished.
    bool silent() const { return verdict == Verdict::unknown && hop.empty(); }
    /// The same but for the lanes.
    bool like(const Manner& other) const {
        return verdict == other.verdict && at_sender == other.at_sender && hop == other.hop;
    }
};

/// One pair that fails over one family in one manner.
struct Symptom {
    Manner manner;
    Pair pair;
    const Failure* example;            ///< one of the failures
    const Explanation* why = nullptr;  ///< what is known of it beyond what its ends saw
};

/// The symptoms behind `failures`, which are sorted by pair and must outlive them. Where a pair has
/// both, what vanished in silence joins what somebody said of the same family.
/// Of `explanations` there are as many, null where there is none, or none at all.
std::vector<Symptom> symptoms_of(std::span<const Member> members, std::span<const Failure> failures,
                                 std::span<const Explanation* const> explanations = {});

}  // namespace flatlan::probe
