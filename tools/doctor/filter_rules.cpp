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
    Walk(const std::vector<Chain>& chains, const Packets& packets)
        : chains_{chains}, packets_{packets} {}

    /// Whether nothing of what comes, which is `share` of the packets, leaves the chain at its end.
    bool ends_in(const Chain& chain, Share share) {
        if (!entered_.insert(&chain).second) return false;
        for (const Words& rule : chain.rules) {
            const RuleFit fit = fit_of(rule, packets_);
            // Of what only other conditions decide it is taken that they are not met.
            if (fit.share <= Share::rarely || fit.verdict.empty()) continue;
            const bool all = fit.share == Share::all;
            const Share taken = std::min(share, fit.share);
            const std::string& verdict = fit.verdict.front();
            if (verdict == "accept") {
                accepts_some_ = true;
                if (all) return true;
            } else if (verdict == "drop" || verdict == "reject") {
                drop(taken, "rule '" + text_of(rule) + "'");
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

    /// They meet what drops them. What drops all of them is told rather than what drops some.
    void drop(Share share, const std::string& why) {
        const bool wholly = share == Share::all && !accepts_some_;
        if (share < Share::some || wholly_ || (!wholly && !why_.empty())) return;
        why_ = why;
        wholly_ = wholly;
    }
    /// What drops them; empty where nothing does.
    const std::string& why() const { return why_; }
    bool wholly() const { return wholly_; }

private:
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
    std::set<const Chain*> entered_;
    bool accepts_some_ = false;
    std::string why_;
    bool wholly_ = false;
};

bool sees(const Chain& chain, IpFamily family) {
    return chain.family == "inet" || chain.family == (family == IpFamily::ipv4 ? "ip" : "ip6");
}

}  // namespace

std::vector<ClosedChain> closed_chains(std::string_view ruleset, std::string_view hook,
                                       const Packets& packets) {
    const std::vector<Chain> chains = parse_ruleset(ruleset);
    std::vector<ClosedChain> closed;
    for (const Chain& chain : chains) {
        if (chain.hook != hook || !sees(chain, packets.family)) continue;
        if (chain.table == tunnel::kFilterTable) continue;  // drops what the tunnel must not take
        Walk walk{chains, packets};
        if (!walk.ends_in(chain, Share::all) && chain.policy_drops)
            walk.drop(Share::all, "policy drop");
        if (walk.why().empty()) continue;
        closed.push_back({.family = chain.family,
                          .table = chain.table,
                          .chain = chain.name,
                          .why = walk.why(),
                          .wholly = walk.wholly()});
    }
    return closed;
}

}  // namespace flatlan::doctor
