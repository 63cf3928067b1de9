#include "tools/doctor/filter_rules.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "tools/doctor/rule_fit.hpp"
#include "tunnel/filter/filter_rules.hpp"

namespace flatlan::doctor {
namespace {

using Words = std::vector<std::string>;

struct Chain {
    std::string family;
    std::string table;
    std::string name;
    std::string hook{};
    bool policy_drops = false;
    std::vector<Words> rules{};
};

/// The words of a line, without quotes and the punctuation of sets.
Words words_of(std::string_view line) {
    Words words;
    std::string word;
    const auto finish = [&] {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
    };
    for (const char letter : line) {
        if (letter == '#') break;
        if (letter == ' ' || letter == '\t' || letter == ',' || letter == ';')
            finish();
        else if (letter != '"')
            word += letter;
    }
    finish();
    return words;
}

/// What counts and what explains decides nothing.
Words without_counters(const Words& words) {
    Words rest;
    for (std::size_t at = 0; at < words.size(); ++at) {
        if (words[at] == "counter") continue;
        if (words[at] == "packets" || words[at] == "bytes" || words[at] == "comment")
            ++at;
        else
            rest.push_back(words[at]);
    }
    return rest;
}

void read_base(const Words& words, Chain& chain) {
    for (std::size_t at = 0; at + 1 < words.size(); ++at) {
        if (words[at] == "hook") chain.hook = words[at + 1];
        if (words[at] == "policy") chain.policy_drops = words[at + 1] == "drop";
    }
}

/// Chains of tables that see IP packets. Sets, maps and the like are passed over.
std::vector<Chain> parse(std::string_view ruleset) {
    std::vector<Chain> chains;
    std::string family;
    std::string table;
    std::optional<Chain> open;
    std::size_t depth = 0;
    while (!ruleset.empty()) {
        const std::size_t end = std::min(ruleset.find('\n'), ruleset.size());
        Words words = words_of(ruleset.substr(0, end));
        ruleset.remove_prefix(std::min(end + 1, ruleset.size()));
        if (words.empty()) continue;
        const bool opens = words.back() == "{";
        if (depth == 0 && opens && words.size() == 4 && words[0] == "table") {
            family = words[1];
            table = words[2];
        } else if (depth == 1 && opens && words.size() == 3 && words[0] == "chain") {
            open = Chain{.family = family, .table = table, .name = words[1]};
        } else if (open && depth == 2 && words[0] == "type") {
            read_base(words, *open);
        } else if (open && depth == 2 && words[0] != "}") {
            if (Words rule = without_counters(words); !rule.empty())
                open->rules.push_back(std::move(rule));
        }
        if (opens) ++depth;
        if (words[0] == "}" && words.size() == 1 && depth > 0 && --depth == 1 && open)
            chains.push_back(*std::exchange(open, std::nullopt));
    }
    return chains;
}

bool ends_with_drop(const Words& rule) {
    return std::find(rule.begin(), rule.end(), "drop") != rule.end() ||
           std::find(rule.begin(), rule.end(), "reject") != rule.end();
}

std::string text_of(const Words& rule) {
    std::string text;
    for (const std::string& word : rule)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

/// What becomes of the packets in one chain.
struct Fate {
    enum class Kind : std::uint8_t { goes_on, accepted, dropped } kind = Kind::goes_on;
    std::string rule{};
};

/// Follows the packets through the chains of one table; a chain that leads to itself ends there.
class Walk {
public:
    Walk(const std::vector<Chain>& chains, const Packets& packets)
        : chains_{chains}, packets_{packets} {}

    Fate through(const Chain& chain) {
        if (!entered_.insert(&chain).second) return {};
        for (const Words& rule : chain.rules) {
            const RuleFit fit = fit_of(rule, packets_);
            const bool all = fit.by == RuleFit::By::all;
            // Of what only other conditions decide it is taken that they are not met.
            if (fit.by == RuleFit::By::none || (!all && !fit.names_them)) continue;
            if (rule.back() == "accept") return {Fate::Kind::accepted};
            if (ends_with_drop(rule)) {
                if (all) return {Fate::Kind::dropped, text_of(rule)};
                if (drops_some_.empty()) drops_some_ = text_of(rule);
            }
            if (all && rule[0] == "return") return {};
            const Chain* next = target_of(rule, chain);
            if (next == nullptr) continue;
            Fate fate = through(*next);
            const bool goes = rule[rule.size() - 2] == "goto";
            if (fate.kind != Fate::Kind::goes_on || goes) return fate;
        }
        return {};
    }
    /// The first rule that they met which drops some of them; empty without one.
    const std::string& drops_some() const { return drops_some_; }

private:
    const Chain* target_of(const Words& rule, const Chain& from) const {
        if (rule.size() < 2) return nullptr;
        const std::string& verb = rule[rule.size() - 2];
        if (verb != "jump" && verb != "goto") return nullptr;
        for (const Chain& chain : chains_)
            if (chain.family == from.family && chain.table == from.table &&
                chain.name == rule.back())
                return &chain;
        return nullptr;
    }

    const std::vector<Chain>& chains_;
    const Packets& packets_;
    std::set<const Chain*> entered_;
    std::string drops_some_;
};

bool sees(const Chain& chain, IpFamily family) {
    return chain.family == "inet" || chain.family == (family == IpFamily::ipv4 ? "ip" : "ip6");
}

}  // namespace

std::vector<ClosedChain> closed_chains(std::string_view ruleset, std::string_view hook,
                                       const Packets& packets) {
    const std::vector<Chain> chains = parse(ruleset);
    std::vector<ClosedChain> closed;
    for (const Chain& chain : chains) {
        if (chain.hook != hook || !sees(chain, packets.family)) continue;
        if (chain.table == tunnel::kFilterTable) continue;  // drops what the tunnel must not take
        Walk walk{chains, packets};
        const Fate fate = walk.through(chain);
        const bool dropped = fate.kind == Fate::Kind::dropped ||
                             (fate.kind == Fate::Kind::goes_on && chain.policy_drops);
        if (!dropped && walk.drops_some().empty()) continue;
        const std::string& rule = dropped ? fate.rule : walk.drops_some();
        closed.push_back({.family = chain.family,
                          .table = chain.table,
                          .chain = chain.name,
                          .why = rule.empty() ? "policy drop" : "rule '" + rule + "'",
                          .wholly = dropped});
    }
    return closed;
}

}  // namespace flatlan::doctor
