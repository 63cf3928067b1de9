#include "tools/doctor/rule_fit.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace flatlan::doctor {
namespace {

/// How many packets one value suits.
enum class By : std::uint8_t { none, some, all };

/// What a condition compares.
enum class Key : std::uint8_t {
    interface,
    address,
    protocol,
    port,
    absent,  ///< a header that the packets do not have
    other,   ///< nothing that is calculated with
};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// The lowest and the highest of "10.0.0.1", "10.0.0.0/8" or "10.0.0.1-10.0.0.9".
std::optional<std::pair<IpAddress, IpAddress>> range_from(std::string_view text) {
    if (const auto prefix = IpPrefix::from_text(text))
        return std::pair{prefix.value().address(), prefix.value().last()};
    const std::size_t dash = std::min(text.find('-'), text.size());
    const auto first = IpAddress::from_text(text.substr(0, dash));
    const auto last = dash < text.size() ? IpAddress::from_text(text.substr(dash + 1)) : first;
    if (!first || !last) return std::nullopt;
    return std::pair{first.value(), last.value()};
}

/// Whether "4789" or "4000-5000" holds the port; nothing for what is neither.
std::optional<bool> holds_port(std::string_view text, Port port) {
    const char* const text_end = text.data() + text.size();
    unsigned first = 0;
    const auto begin = std::from_chars(text.data(), text_end, first);
    if (begin.ec != std::errc{}) return std::nullopt;
    if (begin.ptr == text_end) return first == port.value();
    unsigned last = 0;
    const auto end = std::from_chars(begin.ptr + 1, text_end, last);
    if (*begin.ptr != '-' || end.ec != std::errc{}) return std::nullopt;
    return first <= port.value() && port.value() <= last;
}

/// Reads a rule from its first word to its verdict.
class RuleReader {
public:
    RuleReader(std::span<const std::string> rule, const Packets& packets)
        : words_{rule}, packets_{packets} {}

    RuleFit read() {
        while (!words_.empty() && !is_verdict(words_.front()))
            read_condition();
        return {share(), words_};
    }

private:
    static bool is_verdict(std::string_view word) {
        return is_one_of(word, {"accept", "drop", "reject", "jump", "goto", "return", "continue",
                                "masquerade", "snat", "dnat", "redirect"});
    }
    bool is_next(std::string_view word) const { return !words_.empty() && words_.front() == word; }
    std::string_view take() {
        const std::string_view word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }

    /// A condition has one key, or several with dots between.
    void read_condition() {
        std::vector<Key> keys{take_key()};
        while (is_next(".") && words_.size() > 1) {
            take();
            keys.push_back(take_key());
        }
        const auto has = [&](Key key) { return std::ranges::find(keys, key) != keys.end(); };
        if (has(Key::absent)) return meet(By::none, false);
        // The values of what is not calculated with are read as more of that kind.
        if (keys == std::vector{Key::other}) return meet(By::some, false);
        unreadable_ = false;
        const By by = judge_values(keys);
        const bool unknown = by == By::some && unreadable_;
        meet(by, !unknown && (has(Key::interface) || has(Key::address) || has(Key::port)));
        is_unknown_ = is_unknown_ || unknown;
    }

    Key take_key() {
        std::string_view word = take();
        if (word == "meta" && !words_.empty()) word = take();
        if (is_one_of(word, {"iif", "iifname", "oif", "oifname"})) return Key::interface;
        if (word == "l4proto") return Key::protocol;
        if (is_one_of(word, {"ip", "ip6"}) && !words_.empty())
            return header_key(word == "ip" ? IpFamily::ipv4 : IpFamily::ipv6);
        if (is_one_of(word, {"tcp", "udp", "th", "sctp", "dccp"}) && !words_.empty())
            return port_key(word);
        if (word == "fib")  // it looks up a route with words that otherwise are keys
            while (!words_.empty() && !is_verdict(words_.front()))
                take();
        return Key::other;
    }

    Key header_key(IpFamily family) {
        const std::string_view field = take();
        if (family != packets_.family) return Key::absent;
        if (is_one_of(field, {"saddr", "daddr"})) return Key::address;
        return is_one_of(field, {"protocol", "nexthdr"}) ? Key::protocol : Key::other;
    }

    Key port_key(std::string_view protocol) {
        const std::string_view field = take();
        if (!packets_.port) return Key::other;
        if (!is_one_of(protocol, {"udp", "th"})) return Key::absent;
        return field == "dport" ? Key::port : Key::other;  // the source's is any
    }

    /// What keys are compared with: one value, or those of a set. `!=` turns it round.
    By judge_values(const std::vector<Key>& keys) {
        bool differs = false;
        while (is_next("!=") || is_next("=="))
            differs = take() == "!=";
        By best = By::none;
        const bool is_set = is_next("{");
        if (is_set) take();
        while (!words_.empty() && words_.front() != "}") {
            best = std::max(best, judge_value(keys));
            if (!is_set) break;
        }
        if (is_set && !words_.empty()) take();
        if (!differs || best == By::some) return best;
        return best == By::all ? By::none : By::all;
    }

    /// A value has a part for each key, but a set's name is for all of them.
    By judge_value(const std::vector<Key>& keys) {
        By by = By::all;
        for (std::size_t part = 0; part < keys.size() && !words_.empty(); ++part) {
            if (part > 0) {
                if (!is_next(".") || words_.size() < 2) break;
                take();
            }
            by = std::min(by, judge_part(keys[part], take()));
        }
        return by;
    }

    By judge_part(Key key, std::string_view text) {
        if (text == "*") return By::all;
        const auto answer = text.starts_with('@') ? std::nullopt : judge_text(key, text);
        unreadable_ = unreadable_ || !answer;
        return answer.value_or(By::some);
    }

    std::optional<By> judge_text(Key key, std::string_view text) const {
        const auto by = [](bool all) { return all ? By::all : By::none; };
        switch (key) {
            case Key::interface:
                return by(text.ends_with('*')
                              ? packets_.interface.starts_with(text.substr(0, text.size() - 1))
                              : packets_.interface == text);
            case Key::address:
                return judge_address(text);
            case Key::protocol:
                return packets_.port ? by(is_one_of(text, {"udp", "17"})) : By::some;
            case Key::port: {
                const auto holds = holds_port(text, *packets_.port);
                return holds ? std::optional{by(*holds)} : std::nullopt;
            }
            case Key::absent:
            case Key::other:
                break;
        }
        return By::some;
    }

    std::optional<By> judge_address(std::string_view text) const {
        const auto range = range_from(text);
        if (!range || packets_.prefixes.empty()) return std::nullopt;
        const auto& [first, last] = *range;
        By best = By::none;
        for (const IpPrefix& ours : packets_.prefixes)
            if (first <= ours.last() && ours.address() <= last)
                best = std::max(
                    best, first <= ours.address() && ours.last() <= last ? By::all : By::some);
        return best;
    }

    void meet(By by, bool names_them) {
        by_ = std::min(by_, by);
        names_them_ = names_them_ || (names_them && by != By::none);
    }
    Share share() const {
        if (by_ == By::none) return Share::none;
        if (by_ == By::all) return Share::all;
        if (names_them_) return Share::some;
        return is_unknown_ ? Share::perhaps : Share::rarely;
    }

    std::span<const std::string> words_;
    const Packets& packets_;
    By by_ = By::all;          ///< of all conditions together
    bool names_them_ = false;  ///< one is about their addresses, interface or port
    bool is_unknown_ = false;  ///< one may be
    bool unreadable_ = false;  ///< a value of the condition being read was not understood
};

}  // namespace

RuleFit fit_of(const std::vector<std::string>& rule, const Packets& packets) {
    return RuleReader{rule, packets}.read();
}

}  // namespace flatlan::doctor
