#include "overlay/probe/trial/path_mtu.hpp"

#include <cstring>

namespace flatlan::trial {
namespace {

using probe::Property;
using probe::RefusalKind;
using probe::Verdict;

std::string octets(std::uint32_t count) { return std::to_string(count) + " octets"; }

std::string by_whom(const probe::Refusal& refusal) {
    return refusal.reporter ? "by " + to_string(*refusal.reporter) : "by the sender's kernel";
}

Verdict verdict_of(const probe::Refusal& refusal) {
    switch (refusal.kind) {
        case RefusalKind::no_route:
            return Verdict::no_route;
        case RefusalKind::prohibited:
            return Verdict::filtered;
        case RefusalKind::own_limit:
            return Verdict::tester_overloaded;
        default:
            return Verdict::unknown;
    }
}

std::string silence(const SizeSeen& seen) {
    return octets(seen.octets) + " vanished in " + std::to_string(seen.tries) +
           " tries, and nobody said that they were too many";
}

std::optional<Shortcoming> judge_largest(const PathMtuSeen& seen) {
    const SizeSeen& largest = seen.largest;
    if (largest.arrived) return std::nullopt;
    const auto finding = [](Verdict verdict) {
        return probe::Finding{Property::largest_arrives, verdict};
    };
    if (!largest.refusal) {
        std::string words = silence(largest);
        if (seen.passing_octets > 0) words += "; " + octets(seen.passing_octets) + " arrive";
        return Shortcoming{finding(Verdict::mtu_black_hole), std::move(words), true};
    }
    const probe::Refusal& refusal = *largest.refusal;
    if (refusal.kind == RefusalKind::too_large)
        return Shortcoming{finding(Verdict::mtu_black_hole),
                           octets(largest.octets) + " were refused " + by_whom(refusal) +
                               " again and again, with an MTU of " +
                               std::to_string(largest.told_octets)};
    return Shortcoming{finding(verdict_of(refusal)), octets(largest.octets) + " were refused " +
                                                         by_whom(refusal) + ": " +
                                                         std::strerror(refusal.errno_value)};
}

std::optional<Shortcoming> judge_larger(std::uint32_t largest, const SizeSeen& larger) {
    const auto finding = [](Verdict verdict) {
        return probe::Finding{Property::larger_refused, verdict};
    };
    const std::string path = "the path MTU is " + octets(largest) + ", and ";
    if (larger.arrived)
        return Shortcoming{finding(Verdict::unknown),
                           path + octets(larger.octets) + " arrived all the same"};
    if (!larger.refusal)
        return Shortcoming{finding(Verdict::mtu_black_hole), path + silence(larger), true};
    const probe::Refusal& refusal = *larger.refusal;
    if (refusal.kind != RefusalKind::too_large)
        return Shortcoming{finding(verdict_of(refusal)),
                           path + octets(larger.octets) + " were refused " + by_whom(refusal) +
                               ", not for their size: " + std::strerror(refusal.errno_value)};
    if (larger.told_octets != largest)
        return Shortcoming{finding(Verdict::mtu_black_hole),
                           path + octets(larger.octets) + " were refused " + by_whom(refusal) +
                               " with another one, " + std::to_string(larger.told_octets)};
    return std::nullopt;
}

}  // namespace

std::optional<Shortcoming> judge(const PathMtuSeen& seen) {
    if (auto found = judge_largest(seen)) return found;
    return seen.larger ? judge_larger(seen.largest.octets, *seen.larger) : std::nullopt;
}

}  // namespace flatlan::trial
