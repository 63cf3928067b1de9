#include "tools/doctor/rule_fit.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

namespace flatlan::doctor {
namespace {

using By = RuleFit::By;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// "10.244.0.0/16", or "10.244.0.1" for one address.
std::optional<IpPrefix> prefix_from(std::string_view text) {
    if (const auto prefix = IpPrefix::from_text(text)) return prefix.value();
    if (const auto address = IpAddress::from_text(text)) return IpPrefix::host(address.value());
    return std::nullopt;
}

/// "4789" or "4000-5000".
bool holds_port(std::string_view text, Port port) {
    unsigned first = 0;
    unsigned last = 0;
    const auto begin = std::from_chars(text.data(), text.data() + text.size(), first);
    if (begin.ec != std::errc{}) return false;
    if (begin.ptr == text.data() + text.size()) return first == port.value();
    const auto end = std::from_chars(begin.ptr + 1, text.data() + text.size(), last);
    return *begin.ptr == '-' && end.ec == std::errc{} && first <= port.value() &&
           port.value() <= last;
}

/// Reads a rule from its first word to its verdict.
class RuleReader {
public:
    RuleReader(std::span<const std::string> rule, const Packets& packets)
        : words_{rule}, packets_{packets} {}

    RuleFit read() {
        while (!words_.empty() && !is_verdict(words_.front())) {
            const std::string_view word = take();
            if (is_one_of(word, {"iif", "iifname", "oif", "oifname"}))
                meet(fit_of_interface(), true);
            else if (is_one_of(word, {"ip", "ip6"}) && !words_.empty())
                read_header(word == "ip" ? IpFamily::ipv4 : IpFamily::ipv6);
            else if (is_one_of(word, {"tcp", "udp", "th", "sctp", "dccp"}) && !words_.empty())
                read_ports(word);
            else if (word == "l4proto")
                meet(fit_of_protocol(), false);
            else if (word != "meta")
                meet(By::some, false);
        }
        return fit_;
    }

private:
    static bool is_verdict(std::string_view word) {
        return is_one_of(word,
                         {"accept", "drop", "reject", "jump", "goto", "return", "continue", "log"});
    }

    std::string_view take() {
        const std::string_view word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }

    /// What a condition compares with: one value, or those of a set. `!=` turns it round.
    template <typename Judge>
    By judge_values(Judge judge) {
        bool differs = false;
        while (!words_.empty() && is_one_of(words_.front(), {"!=", "=="}))
            differs = take() == "!=";
        By best = By::none;
        const bool is_set = !words_.empty() && words_.front() == "{";
        if (is_set) take();
        while (!words_.empty() && words_.front() != "}") {
            best = std::max(best, judge(take()));
            if (!is_set) break;
        }
        if (is_set && !words_.empty()) take();
        if (!differs || best == By::some) return best;
        return best == By::all ? By::none : By::all;
    }

    By fit_of_interface() {
        return judge_values([&](std::string_view name) {
            if (name.ends_with('*'))
                return packets_.interface.starts_with(name.substr(0, name.size() - 1)) ? By::all
                                                                                       : By::none;
            return name == packets_.interface ? By::all : By::none;
        });
    }

    /// A named set (`@blocked`) may hold them, but is not about them.
    void read_addresses() {
        const bool is_named_set = !words_.empty() && words_.front().starts_with('@');
        meet(is_named_set ? judge_values([](std::string_view) { return By::some; })
                          : fit_of_addresses(),
             !is_named_set);
    }

    By fit_of_addresses() {
        return judge_values([&](std::string_view text) {
            const auto prefix = prefix_from(text);
            if (!prefix) return By::none;
            By best = By::none;
            for (const IpPrefix& ours : packets_.prefixes)
                if (prefix->overlaps(ours))
                    best = std::max(best, prefix->contains(ours) ? By::all : By::some);
            return best;
        });
    }

    By fit_of_protocol() {
        return judge_values([&](std::string_view name) {
            if (!packets_.port) return By::some;
            return is_one_of(name, {"udp", "17"}) ? By::all : By::none;
        });
    }

    void read_header(IpFamily family) {
        if (family != packets_.family) meet(By::none, false);
        const std::string_view field = take();
        if (is_one_of(field, {"saddr", "daddr"}))
            read_addresses();
        else if (is_one_of(field, {"protocol", "nexthdr"}))
            meet(fit_of_protocol(), false);
        else
            meet(By::some, false);
    }

    void read_ports(std::string_view protocol) {
        const std::string_view field = take();
        if (!packets_.port) {
            judge_values([](std::string_view) { return By::some; });
            return meet(By::some, false);
        }
        if (!is_one_of(protocol, {"udp", "th"})) meet(By::none, false);
        if (field != "dport") return meet(By::some, false);  // the source's is any
        meet(judge_values([&](std::string_view text) {
                 return holds_port(text, *packets_.port) ? By::all : By::none;
             }),
             true);
    }

    void meet(By by, bool names_them) {
        fit_.by = std::min(fit_.by, by);
        fit_.names_them = fit_.names_them || (names_them && by != By::none);
    }

    std::span<const std::string> words_;
    const Packets& packets_;
    RuleFit fit_;
};

}  // namespace

RuleFit fit_of(const std::vector<std::string>& rule, const Packets& packets) {
    return RuleReader{rule, packets}.read();
}

}  // namespace flatlan::doctor
