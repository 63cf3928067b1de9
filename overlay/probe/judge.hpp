#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "overlay/probe/lane.hpp"
#include "overlay/probe/observation.hpp"
#include "overlay/probe/verdict.hpp"

namespace flatlan::probe {

/// What keeps a member from taking part at all, found when its sockets were opened.
struct MemberFault {
    MemberId member;
    Verdict verdict;      ///< address_missing, pod_missing or tester_overloaded
    int errno_value = 0;  ///< what the kernel said to it; 0 when it said nothing
    friend bool operator==(const MemberFault&, const MemberFault&) = default;
};

/// A packet that was forwarded more or less often than it should be.
struct HopsSeen {
    MemberId at;            ///< who received it
    std::uint8_t ttl;       ///< with which it came
    std::uint8_t expected;  ///< with which it should have come
    friend bool operator==(const HopsSeen&, const HopsSeen&) = default;
};

/// All that was seen of one check when it ended.
struct Evidence {
    std::optional<MemberFault> fault{};  ///< of one end: nothing was sent
    /// The request's ends as its sender sent it; empty when it could not be sent.
    std::optional<Endpoint> source{};
    std::optional<Endpoint> destination{};
    bool seen = false;  ///< the receiver saw a request of it, with both ends as they were sent
    std::optional<Sighting> sighting{};  ///< a request seen with another end, or by another member
    bool answered = false;               ///< an answer came from the endpoint that was asked
    std::optional<Endpoint> answer_from{};  ///< an answer came from another endpoint
    std::optional<Refusal> refusal{};
    std::optional<HopsSeen> hops{};
    std::optional<MemberId> twice{};  ///< who received a request, or an answer, twice
    std::uint8_t tries = 0;
    std::string trial{};  ///< what a trial saw, in words; then nothing above is of it
    /// The machine was too busy at the time: what did not come proves nothing by itself.
    bool overloaded = false;
    friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// What is wrong with a check, and which property it is that does not hold.
struct Finding {
    Property property;
    Verdict verdict;
    friend bool operator==(const Finding&, const Finding&) = default;
};

/// Judges a check of a pair by what the tester alone can see; empty when all properties hold. Of
/// several faults it names the first on the packet's way. `unknown` means that the way itself must
/// be looked at.
std::optional<Finding> judge(const Pair& pair, const Evidence& evidence);

/// A check that failed.
struct Failure {
    Pair pair;
    Lane lane;
    Finding finding;
    Evidence evidence;
};

}  // namespace flatlan::probe
