#include "tools/doctor/ruleset.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace flatlan::doctor {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// The words of a line. What stands in quotes is one of them, be it empty.
Words words_of(std::string_view line) {
    Words words;
    std::string word;
    bool quoted = false;
    const auto finish = [&] {
        if (quoted || !word.empty()) words.push_back(std::exchange(word, {}));
    };
    for (const char letter : line) {
        if (letter == '"') {
            finish();
            quoted = !quoted;
        } else if (quoted) {
            word += letter;
        } else if (letter == '#') {
            break;
        } else if (is_one_of({&letter, 1}, {" ", "\t", ",", ";"})) {
            finish();
        } else {
            word += letter;
        }
    }
    finish();
    return words;
}

/// Where the options of a log statement end that begin at `at` (nft(8), LOG STATEMENT).
std::size_t end_of_log(const Words& words, std::size_t at) {
    while (at < words.size()) {
        if (is_one_of(words[at], {"prefix", "level", "group", "snaplen", "queue-threshold"})) {
            at += 2;
        } else if (words[at] == "flags") {
            at += 2;
            while (at < words.size() && is_one_of(words[at], {"sequence", "options"}))
                ++at;
        } else {
            break;
        }
    }
    return at;
}

/// What counts, logs and explains decides nothing.
Words without_remarks(const Words& words) {
    Words rest;
    const auto is = [&](std::size_t at, std::string_view word) {
        return at < words.size() && words[at] == word;
    };
    for (std::size_t at = 0; at < words.size();) {
        if (is(at, "comment"))
            at += 2;
        else if (is(at, "counter"))
            at += is(at + 1, "packets") ? 5 : is(at + 1, "name") ? 3 : 1;
        else if (is(at, "log"))
            at = end_of_log(words, at + 1);
        else
            rest.push_back(words[at++]);
    }
    return rest;
}

void read_base(const Words& words, Chain& chain) {
    for (std::size_t at = 0; at + 1 < words.size(); ++at) {
        if (words[at] == "type") chain.type = words[at + 1];
        if (words[at] == "hook") chain.hook = words[at + 1];
        if (words[at] == "device") chain.devices = {words[at + 1]};
        if (words[at] == "devices")  // = { "eth0", "eth1" }
            chain.devices.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 2, words.end());
        if (words[at] == "policy") chain.policy_drops = words[at + 1] == "drop";
    }
}

void add_rules(const Words& words, std::vector<Words>& rules) {
    const auto map = std::ranges::find(words, "vmap");
    if (words.empty() || map == words.begin()) return;
    if (map == words.end()) return rules.push_back(words);
    const Words conditions{words.begin(), map};
    Words rule = conditions;
    for (auto word = map + 1; word != words.end() && *word != "}"; ++word) {
        if (word == map + 1 && *word == "{") continue;
        if (*word != ":") {
            rule.push_back(*word);
            continue;
        }
        if (++word == words.end()) return;
        rule.push_back(*word);
        if (is_one_of(*word, {"jump", "goto"}) && word + 1 != words.end()) rule.push_back(*++word);
        rules.push_back(std::exchange(rule, conditions));
    }
    if (rule.size() == conditions.size()) return;
    rule.emplace_back("accept");  // of a map with a name
    rules.push_back(std::move(rule));
}

}  // namespace

std::vector<Chain> parse_ruleset(std::string_view ruleset) {
    std::vector<Chain> chains;
    std::string family;
    std::string table;
    std::optional<Chain> open;
    std::size_t depth = 0;
    while (!ruleset.empty()) {
        const std::size_t end = std::min(ruleset.find('\n'), ruleset.size());
        const Words words = without_remarks(words_of(ruleset.substr(0, end)));
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
            add_rules(words, open->rules);
        }
        if (opens) ++depth;
        if (words[0] == "}" && words.size() == 1 && depth > 0 && --depth == 1 && open)
            chains.push_back(*std::exchange(open, std::nullopt));
    }
    return chains;
}

}  // namespace flatlan::doctor
