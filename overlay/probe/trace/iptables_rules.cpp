#include "overlay/probe/trace/iptables_rules.hpp"

namespace flatlan::trace {
namespace {

/// Takes the next word off `line`.
std::string_view next_word(std::string_view& line) {
    const auto end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
}

}  // namespace

IptablesRules IptablesRules::from_text(std::string_view listing) {
    IptablesRules table;
    std::map<std::string, unsigned, std::less<>> counts;
    while (!listing.empty()) {
        const auto end = listing.find('\n');
        std::string_view line = listing.substr(0, end);
        listing.remove_prefix(end == std::string_view::npos ? listing.size() : end + 1);
        if (line.starts_with(':')) {  // ":FORWARD ACCEPT [0:0]"
            line.remove_prefix(1);
            const std::string chain{next_word(line)};
            const std::string_view policy = next_word(line);
            if (policy != "-") table.policies_.emplace(chain, policy);
        } else if (line.starts_with("-A ")) {
            std::string_view words = line.substr(3);
            const std::string chain{next_word(words)};
            table.rules_.emplace(std::pair{chain, ++counts[chain]}, words);
        }
    }
    return table;
}

std::string_view IptablesRules::rule(const std::string& chain, unsigned number) const {
    const auto at = rules_.find(std::pair{chain, number});
    return at == rules_.end() ? std::string_view{} : std::string_view{at->second};
}

std::string_view IptablesRules::policy(const std::string& chain) const {
    const auto at = policies_.find(chain);
    return at == policies_.end() ? std::string_view{} : std::string_view{at->second};
}

RuleEffect effect_of_rule(std::string_view rule) {
    const auto at = rule.find("-j ");
    if (at == std::string_view::npos) return RuleEffect::goes_on;
    std::string_view words = rule.substr(at + 3);
    const std::string_view target = next_word(words);
    if (target == "DROP" || target == "REJECT") return RuleEffect::drops;
    return target == "ACCEPT" ? RuleEffect::accepts : RuleEffect::goes_on;
}

}  // namespace flatlan::trace
