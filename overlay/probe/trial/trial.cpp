#include "overlay/probe/trial/trial.hpp"

#include <algorithm>
#include <set>

#include "overlay/base/prng.hpp"
#include "overlay/probe/scope.hpp"

namespace flatlan::trial {
namespace {

using probe::Pair;

/// Chooses few pairs that pass every way between nodes, and every member's own link both ways.
class Choice {
public:
    explicit Choice(std::span<const probe::Member> members)
        : nodes_{members}, has_sent_(members.size()), has_received_(members.size()) {}

    std::vector<Pair> of(std::span<const Pair> pairs) {
        // First those that show much that is new, then what is still missing.
        for (const Pair& pair : pairs)
            if (is_new(pair.from, has_sent_) && is_new(pair.to, has_received_) && is_new_way(pair))
                choose(pair);
        for (const Pair& pair : pairs)
            if (is_new_way(pair)) choose(pair);
        for (const Pair& pair : pairs)
            if (is_new(pair.from, has_sent_) || is_new(pair.to, has_received_)) choose(pair);
        return std::move(chosen_);
    }

private:
    /// The node's number; a member of whom nobody knows where it is counts as a node of its own.
    std::uint64_t place(probe::MemberId member) const {
        const auto node = nodes_.node_of(member);
        return node ? *node : nodes_.nodes() + member.value();
    }
    bool is_new_way(const Pair& pair) const {
        return !ways_.contains({place(pair.from), place(pair.to)});
    }
    static bool is_new(probe::MemberId member, const std::vector<bool>& seen) {
        return !seen[member.value()];
    }
    void choose(const Pair& pair) {
        ways_.insert({place(pair.from), place(pair.to)});
        has_sent_[pair.from.value()] = has_received_[pair.to.value()] = true;
        chosen_.push_back(pair);
    }

    probe::NodeMap nodes_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> ways_;
    std::vector<bool> has_sent_;
    std::vector<bool> has_received_;
    std::vector<Pair> chosen_;
};

/// `count_max` of the pairs, drawn by chance (Fisher and Yates), in their order.
std::vector<Pair> some_of(std::vector<Pair> pairs, std::size_t count_max, std::uint64_t seed) {
    if (pairs.size() <= count_max) return pairs;
    Prng prng{seed};
    for (std::size_t i = 0; i < count_max; ++i)
        std::swap(pairs[i], pairs[i + prng.below(pairs.size() - i)]);
    pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(count_max), pairs.end());
    std::ranges::sort(pairs);
    return pairs;
}

bool has_lane(const probe::Plan& plan, const probe::Lane& lane) {
    return std::ranges::find(plan.lanes, lane) != plan.lanes.end();
}

}  // namespace

std::string_view to_string(TrialKind kind) {
    constexpr std::array<std::string_view, kTrialKinds.size()> kWords{"path_mtu", "stream",
                                                                      "transfer"};
    return kWords[static_cast<std::size_t>(kind)];
}

probe::Lane Trial::lane() const {
    return {family, kind == TrialKind::transfer ? probe::Protocol::tcp : probe::Protocol::udp};
}

std::vector<Trial> select_trials(std::span<const probe::Member> members, const probe::Plan& plan,
                                 std::span<const probe::Failure> failures, TrialExtent extent,
                                 std::uint64_t seed) {
    std::vector<Trial> trials;
    if (extent == TrialExtent::none) return trials;
    std::vector<Pair> pairs;
    std::ranges::copy_if(plan.pairs, std::back_inserter(pairs),
                         [](const Pair& pair) { return pair.from != pair.to; });
    if (extent == TrialExtent::covering)
        pairs = some_of(Choice{members}.of(pairs), kCoveringMax, seed);

    std::set<std::pair<Pair, IpFamily>> failing;
    for (const probe::Failure& failure : failures)
        failing.insert({failure.pair, failure.lane.family});
    for (const TrialKind kind : kTrialKinds)
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            for (const Pair& pair : pairs) {
                const Trial trial{kind, family, pair};
                if (has_lane(plan, trial.lane()) && probe::can_try(members, pair, trial.lane()) &&
                    !failing.contains({pair, family}))
                    trials.push_back(trial);
            }
    return trials;
}

}  // namespace flatlan::trial
