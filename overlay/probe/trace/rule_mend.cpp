#include "overlay/probe/trace/rule_mend.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "overlay/base/text.hpp"

namespace flatlan::trace {
namespace {

/// Of nft(8), and the programs that have tables of their own (iptables-legacy(8)).
constexpr std::array<std::string_view, 6> kFamilies{"ip", "ip6", "inet", "arp", "bridge", "netdev"};
constexpr std::array<std::string_view, 2> kTools{"iptables-legacy", "ip6tables-legacy"};

struct Names {
    std::string first;  ///< a family, or a tool
    std::string table;
    std::string chain;
    bool of_nft;
};

/// Neither more than a word for a shell nor an option.
bool is_name(const std::string& text) {
    return shell_word(text) == text && !text.starts_with('-') && text.find(',') == text.npos;
}

std::optional<Names> names_of(std::string_view chain) {
    const std::size_t first = chain.find(' ');
    const std::size_t second = first == chain.npos ? chain.npos : chain.find(' ', first + 1);
    if (second == chain.npos) return std::nullopt;
    Names names{std::string{chain.substr(0, first)},
                std::string{chain.substr(first + 1, second - first - 1)},
                std::string{chain.substr(second + 1)}, false};
    names.of_nft = std::ranges::find(kFamilies, names.first) != kFamilies.end();
    const bool known = names.of_nft || std::ranges::find(kTools, names.first) != kTools.end();
    if (!known || !is_name(names.table) || !is_name(names.chain)) return std::nullopt;
    return names;
}

}  // namespace

std::string mend_rule(std::string_view chain, std::uint64_t number) {
    const auto names = names_of(chain);
    if (!names) return {};
    if (names->of_nft)
        return "nft delete rule " + std::string{chain} + " handle " + std::to_string(number);
    return names->first + " -t " + names->table + " -D " + names->chain + " " +
           std::to_string(number);
}

std::string mend_policy(std::string_view chain) {
    const auto names = names_of(chain);
    if (!names) return {};
    if (names->of_nft) return "nft 'add chain " + std::string{chain} + " { policy accept; }'";
    return names->first + " -t " + names->table + " -P " + names->chain + " ACCEPT";
}

bool is_mend_of(std::string_view chain, std::string_view mend) {
    if (mend.empty()) return false;
    if (mend == mend_policy(chain)) return true;
    const std::size_t last = mend.rfind(' ');
    const std::string_view digits = mend.substr(last == mend.npos ? 0 : last + 1);
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return mend == mend_rule(chain, number);
}

}  // namespace flatlan::trace
