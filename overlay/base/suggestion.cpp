#include "overlay/base/suggestion.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace flatlan {
namespace {

/// A word in two: "pod-12" is "pod-" and 12. Without digits at its end, or with more than fit, it
/// has no number.
std::pair<std::string_view, std::optional<std::uint32_t>> split_number(std::string_view word) {
    const std::size_t stem = word.find_last_not_of("0123456789") + 1;
    std::uint32_t number = 0;
    const char* const end = word.data() + word.size();
    const auto [read, failed] = std::from_chars(word.data() + stem, end, number);
    if (stem == word.size() || failed != std::errc{} || read != end) return {word, std::nullopt};
    return {word.substr(0, stem), number};
}

/// Of words as many letters away the nearer one: it begins alike for longer, or else is the same
/// with the next number.
auto rank_of(std::string_view word, std::string_view candidate) {
    constexpr std::uint32_t kFar = std::numeric_limits<std::uint32_t>::max();
    const auto [stem, number] = split_number(word);
    const auto [other_stem, other] = split_number(candidate);
    const bool numbered = number && other && stem == other_stem;
    const auto differs = std::ranges::mismatch(word, candidate).in1;
    return std::pair{word.end() - differs,
                     numbered ? std::max(*number, *other) - std::min(*number, *other) : kFar};
}

}  // namespace

std::size_t edit_distance(std::string_view from, std::string_view to) {
    // Three rows of the table suffice: a swap looks two rows back.
    std::vector<std::size_t> before_last(to.size() + 1);
    std::vector<std::size_t> last(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::swap(before_last, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t change = from[i - 1] == to[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            const bool swapped =
                i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[to.size()];
}

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> candidates,
                                 std::size_t count_max) {
    if (word.empty()) return {};
    std::size_t least = std::max<std::size_t>(1, word.size() / 3);
    std::vector<std::string> near;
    for (const std::string& candidate : candidates) {
        const std::size_t distance =
            candidate.starts_with(word) ? 0 : edit_distance(word, candidate);
        if (distance > least) continue;
        if (distance < least) near.clear();
        least = distance;
        near.push_back(candidate);
    }
    std::ranges::stable_sort(
        near, {}, [&](const std::string& candidate) { return rank_of(word, candidate); });
    near.resize(std::min(near.size(), count_max));
    return near;
}

std::string join_alternatives(std::span<const std::string> words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

}  // namespace flatlan
