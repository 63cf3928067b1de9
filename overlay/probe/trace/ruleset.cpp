#include "overlay/probe/trace/ruleset.hpp"

#include <charconv>

namespace flatlan::trace {
namespace {

constexpr std::string_view kHandle = " # handle ";

std::string_view trimmed(std::string_view line) {
    const auto first = line.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{} : line.substr(first);
}

/// Takes the next word off `line`.
std::string_view next_word(std::string_view& line) {
    line = trimmed(line);
    const auto end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

Ruleset Ruleset::from_text(std::string_view listing) {
    Ruleset rules;
    std::string family;
    std::string table;
    while (!listing.empty()) {
        const auto end = listing.find('\n');
        std::string_view line = trimmed(listing.substr(0, end));
        listing.remove_prefix(end == std::string_view::npos ? listing.size() : end + 1);
        const auto at = line.rfind(kHandle);
        if (at == std::string_view::npos) continue;
        const std::string_view digits = line.substr(at + kHandle.size());
        const std::string_view text = line.substr(0, at);
        std::uint64_t handle = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), handle);
        if (!text.ends_with("{")) {
            rules.rules_.emplace(std::tuple{family, table, handle}, text);
        } else if (text.starts_with("table ")) {
            std::string_view words = text;
            next_word(words);
            family = next_word(words);
            table = next_word(words);
        }
    }
    return rules;
}

std::string_view Ruleset::rule(const std::string& family, const std::string& table,
                               std::uint64_t handle) const {
    const auto at = rules_.find({family, table, handle});
    return at == rules_.end() ? std::string_view{} : at->second;
}

}  // namespace flatlan::trace
