#include "tools/cli/suggestion.hpp"

#include <algorithm>
#include <utility>

namespace flatlan::cli {

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
        if (near.size() < count_max) near.push_back(candidate);
    }
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

}  // namespace flatlan::cli
