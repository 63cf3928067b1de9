#include "overlay/probe/trial/transfer.hpp"

#include <algorithm>
#include <cstring>

#include "overlay/base/prng.hpp"

namespace flatlan::trial {

using probe::Property;
using probe::Verdict;

namespace {

/// A prime: no power of two that a queue or segment is made of repeats with it.
constexpr std::size_t kPatternOctets = 65'521;

}  // namespace

Pattern::Pattern(std::uint64_t seed) : octets_(kPatternOctets) {
    Prng prng{seed};
    for (std::byte& octet : octets_)
        octet = static_cast<std::byte>(prng.next());
}

std::span<const std::byte> Pattern::from(std::uint64_t offset) const {
    return std::span{octets_}.subspan(offset % kPatternOctets);
}

std::size_t Pattern::count_equal(std::uint64_t offset, std::span<const std::byte> octets) const {
    std::size_t equal = 0;
    while (equal < octets.size()) {
        const auto wanted = from(offset + equal);
        const auto got = octets.subspan(equal);
        const std::size_t length = std::min(wanted.size(), got.size());
        if (!std::ranges::equal(wanted.first(length), got.first(length))) {
            const auto at = std::ranges::mismatch(wanted.first(length), got.first(length)).in1;
            return equal + static_cast<std::size_t>(at - wanted.begin());
        }
        equal += length;
    }
    return equal;
}

std::optional<Shortcoming> judge(const TransferSeen& seen) {
    if (seen.arrived == seen.octets && !seen.changed) return std::nullopt;
    const auto of_all =
        std::to_string(seen.arrived) + " of " + std::to_string(seen.octets) + " octets";
    const auto found = [](Verdict verdict, std::string words, bool silent = false) {
        return Shortcoming{{Property::content_kept, verdict}, std::move(words), silent};
    };
    if (seen.changed)
        return found(Verdict::checksum_fault,
                     "after " + of_all + " what arrived was not what had been sent");
    if (probe::refusal_of_errno(seen.errno_value) == probe::RefusalKind::own_limit)
        return found(Verdict::tester_overloaded, std::strerror(seen.errno_value));
    if (!seen.connected)
        return seen.errno_value != 0
                   ? found(Verdict::unknown, std::strerror(seen.errno_value))
                   : found(Verdict::unknown, "no connection came about, though one did before",
                           true);
    if (seen.errno_value != 0)
        return found(Verdict::unknown,
                     "it broke off after " + of_all + ": " + std::strerror(seen.errno_value));
    return found(
        Verdict::checksum_fault,
        "it stopped after " + of_all + ", though small packets pass: large segments vanish", true);
}

}  // namespace flatlan::trial
