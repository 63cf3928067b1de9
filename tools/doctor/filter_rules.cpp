#include "tools/doctor/filter_rules.hpp"

#include <algorithm>
#include <set>

#include "tools/doctor/rule_fit.hpp"
#include "tools/doctor/ruleset.hpp"
#include "tunnel/filter/filter_rules.hpp"

namespace flatlan::doctor {
namespace {

std::string text_of(const Words& rule) {
    std::string text;
    for (const std::string& word : rule)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

/// Follows the packets through the chains of one table; a chain that leads to itself ends there.
class Walk {
public:
    /// What is looked for, beside chains that drop by their policy.
    enum class For : std::uint8_t { drops, translations };

    Walk(const std::vector<Chain>& chains, const Packets& packets, For sought)
        : chains_{chains}, packets_{packets}, sought_{sought} {}

    /// Whether nothing of what comes, which is `share` of the packets, leaves the chain at its end.
    bool ends_in(const Chain& chain, Share share) {
        if (!entered_.insert(&chain).second) return false;
        for (const Words& rule : chain.rules) {
            const RuleFit fit = fit_of(rule, packets_);
            if (fit.share == Share::none || fit.verdict.empty()) continue;
            const std::string& verdict = fit.verdict.front();
            // Of what only other conditions decide it is taken that they are not met; but marks by
            // themselves often say what is not to be translated.
            if (fit.share == Share::rarely) {
                if (sought_ == For::translations && (verdict == "return" || verdict == "accept"))
                    share = std::min(share, Share::perhaps);
                continue;
            }
            const bool all = fit.share == Share::all;
            const Share taken = std::min(share, fit.share);
            if (verdict == "accept") {
                accepts_some_ = true;
                if (all) return true;
            } else if (is_sought(verdict)) {
                meet(taken, "rule '" + text_of(rule) + "'");
                if (all) return true;
            } else if (verdict == "return") {
                if (all) return false;
                share = std::min(share, Share::some);
            } else if (const Chain* const next = target_of(fit.verdict, chain); next != nullptr) {
                const bool ended = ends_in(*next, taken);
                if (all && (ended || verdict == "goto")) return ended;
                if (verdict == "goto") share = std::min(share, Share::some);
            }
        }
        return false;
    }

    /// They meet what was looked for. What takes all of them is told rather than what takes some.
    void meet(Share share, const std::string& why) {
        const bool wholly = share == Share::all && !accepts_some_;
        if (share < Share::some || wholly_ || (!wholly && !why_.empty())) return;
        why_ = why;
        wholly_ = wholly;
    }
    /// What they met; empty when nothing.
    const std::string& why() const { return why_; }
    bool wholly() const { return wholly_; }

private:
    bool is_sought(std::string_view verdict) const {
        if (sought_ == For::drops) return verdict == "drop" || verdict == "reject";
        return verdict == "masquerade" || verdict == "snat" || verdict == "dnat" ||
               verdict == "redirect";
    }
    const Chain* target_of(std::span<const std::string> verdict, const Chain& from) const {
        if (verdict.size() < 2) return nullptr;
        const auto found = std::ranges::find_if(chains_, [&](const Chain& chain) {
            return chain.family == from.family && chain.table == from.table &&
                   chain.name == verdict[1];
        });
        return found == chains_.end() ? nullptr : &*found;
    }

    const std::vector<Chain>& chains_;
    const Packets& packets_;
    For sought_;
    std::set<const Chain*> entered_;
    bool accepts_some_ = false;
    std::string why_;
    bool wholly_ = false;
};

bool sees(const Chain& chain, const Packets& packets) {
    if (!chain.devices.empty() &&
        std::ranges::find(chain.devices, packets.interface) == chain.devices.end())
        return false;
    return chain.family == "inet" || chain.family == "netdev" ||
           chain.family == (packets.family == IpFamily::ipv4 ? "ip" : "ip6");
}

void add(const Chain& chain, const Walk& walk, std::vector<ClosedChain>& to) {
    if (walk.why().empty()) return;
    to.push_back({.family = chain.family,
                  .table = chain.table,
                  .chain = chain.name,
                  .why = walk.why(),
                  .wholly = walk.wholly()});
}

}  // namespace

std::vector<ClosedChain> closed_chains(const std::vector<Chain>& chains, std::string_view hook,
                                       const Packets& packets) {
    std::vector<ClosedChain> closed;
    for (const Chain& chain : chains) {
        if (chain.hook != hook || !sees(chain, packets)) continue;
        if (chain.table == tunnel::kFilterTable) continue;  // drops what the tunnel must not take
        Walk walk{chains, packets, Walk::For::drops};
        if (!walk.ends_in(chain, Share::all) && chain.policy_drops)
            walk.meet(Share::all, "policy drop");
        add(chain, walk, closed);
    }
    return closed;
}

std::vector<ClosedChain> translating_chains(const std::vector<Chain>& chains,
                                            const Packets& packets) {
    std::vector<ClosedChain> translating;
    for (const Chain& chain : chains) {
        const bool is_forwarded = chain.hook == "prerouting" || chain.hook == "postrouting";
        if (chain.type != "nat" || !is_forwarded || !sees(chain, packets)) continue;
        Walk walk{chains, packets, Walk::For::translations};
        walk.ends_in(chain, Share::all);
        add(chain, walk, translating);
    }
    return translating;
}

}  // namespace flatlan::doctor
