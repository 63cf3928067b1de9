#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/probe/judge.hpp"
#include "overlay/probe/plan.hpp"

/// What single small packets do not show: how large a packet may be, whether a stream keeps its
/// order, whether a large transfer arrives unchanged. A trial takes some milliseconds, a check
/// takes microseconds; so by default only as many pairs are tried as it takes to pass each way.
namespace flatlan::trial {

enum class TrialKind : std::uint8_t { path_mtu, stream, transfer };
inline constexpr std::array kTrialKinds{TrialKind::path_mtu, TrialKind::stream,
                                        TrialKind::transfer};

/// The kind's word, as in JSON.
std::string_view to_string(TrialKind kind);

/// One pair, tried in one manner over one family.
struct Trial {
    TrialKind kind;
    IpFamily family;
    probe::Pair pair;

    /// By UDP, a transfer by TCP.
    probe::Lane lane() const;
    friend constexpr auto operator<=>(const Trial&, const Trial&) = default;
};

/// Which pairs of a plan are tried.
enum class TrialExtent : std::uint8_t {
    none,
    covering,  ///< one pair for each ordered pair of nodes, and each member as both ends
    all,
};
/// Of a covering choice so many pairs at most.
inline constexpr std::size_t kCoveringMax = 256;

/// The trials for a plan whose checks have come out. A pair that fails a check over a family is not
/// tried over it, nor is a member with itself, nor by a protocol that the plan leaves out. Of more
/// than kCoveringMax pairs so many are drawn with `seed`.
std::vector<Trial> select_trials(std::span<const probe::Member> members, const probe::Plan& plan,
                                 std::span<const probe::Failure> failures, TrialExtent extent,
                                 std::uint64_t seed);

/// What does not hold, and what was seen of it, in words.
struct Shortcoming {
    probe::Finding finding;
    std::string words;
    bool silent = false;  ///< something did not come, and nobody said why
    friend bool operator==(const Shortcoming&, const Shortcoming&) = default;
};

}  // namespace flatlan::trial
