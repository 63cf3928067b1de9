#include "overlay/probe/causes.hpp"

#include <algorithm>
#include <map>

#include "overlay/probe/evidence_words.hpp"
#include "overlay/probe/explained_causes.hpp"
#include "overlay/probe/scope.hpp"
#include "overlay/probe/symptoms.hpp"

namespace flatlan::probe {
namespace {

/// So many scopes of failures of one manner are told apart; what is left is told together.
constexpr std::size_t kScopesMax = 8;
/// So many single pairs of one manner are told one by one.
constexpr std::size_t kSinglesMax = 3;

/// How many pairs of a scope, by their distance.
using Counts = std::array<std::int32_t, kDistances>;

std::int32_t total(const Counts& counts, Reach reach) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < kDistances; ++i)
        if (includes(reach, static_cast<Distance>(i))) sum += counts[i];
    return sum;
}

using Symptoms = std::vector<const Symptom*>;

/// Pairs that fail in one manner.
struct Group {
    Manner manner;
    Symptoms symptoms;
};

/// A group of which people can be told.
struct Told {
    Manner manner;
    Symptoms symptoms;
    std::string pairs_words;  ///< "all 40 pairs to n3"

    /// The same pairs over the other family: one cause.
    bool like(const Told& other) const {
        return manner.like(other.manner) && pairs_words == other.pairs_words &&
               std::ranges::equal(symptoms, other.symptoms, {}, &Symptom::pair, &Symptom::pair);
    }
};

/// Finds scopes of which every planned pair fails, the one that explains most first.
class Cover {
public:
    Cover(std::span<const Member> members, const Plan& plan)
        : members_{members},
          plan_{plan},
          nodes_{members},
          numbers_{nodes_},
          failing_(numbers_.size()),
          silent_(numbers_.size()),
          untold_(numbers_.size()) {}

    /// Tells all of `group`. Symptoms of `silent` that lie in a scope join it, and leave `silent`.
    void tell(const Group& group, Symptoms& silent, std::vector<Told>& all_told);

private:
    struct Found {
        std::size_t number;
        Reach reach;
        std::int32_t gain;
    };

    void count(std::vector<Counts>& counts, const Pair& pair, std::int32_t change) {
        const auto distance = static_cast<std::size_t>(nodes_.distance(pair));
        for (const std::size_t number : numbers_.of(pair))
            counts[number][distance] += change;
    }
    void count_planned(LaneSet lanes);
    void count_failing(const Group& group, std::span<const Symptom* const> silent);
    void forget_failing();
    std::optional<Found> best(const Manner& manner) const;
    bool may_join(const Manner& manner, std::size_t number, Reach reach) const;
    bool in_scope(const Found& found, const Pair& pair);
    void tell_rest(const Manner& manner, const Symptoms& rest, std::vector<Told>& all_told) const;

    std::span<const Member> members_;
    const Plan& plan_;
    NodeMap nodes_;
    ScopeNumbers numbers_;

    std::vector<Counts> planned_;       ///< pairs that could fail on the lanes, by scope
    LaneSet planned_lanes_;             ///< for which `planned_` holds
    std::vector<Counts> failing_;       ///< pairs that do
    std::vector<Counts> silent_;        ///< those among them of which nobody said why
    std::vector<Counts> untold_;        ///< pairs of the group that no cause has told yet
    std::vector<std::size_t> touched_;  ///< scopes in which pairs of the group lie
};

void Cover::count_planned(LaneSet lanes) {
    if (planned_lanes_ == lanes) return;
    planned_lanes_ = lanes;
    planned_.assign(numbers_.size(), {});
    for (const Pair& pair : plan_.pairs)
        if (!(lanes_of(members_, plan_, pair) & lanes).empty()) count(planned_, pair, 1);
}

void Cover::count_failing(const Group& group, std::span<const Symptom* const> silent) {
    for (const Symptom* symptom : group.symptoms) {
        for (const std::size_t number : numbers_.of(symptom->pair))
            if (failing_[number] == Counts{}) touched_.push_back(number);
        count(failing_, symptom->pair, 1);
        count(untold_, symptom->pair, 1);
    }
    std::ranges::sort(touched_);  // by kind, the simplest scopes first
    for (const Symptom* symptom : silent)
        if (symptom->manner.lanes == group.manner.lanes) {
            count(failing_, symptom->pair, 1);
            count(silent_, symptom->pair, 1);
        }
}

void Cover::forget_failing() {
    // The silent ones may lie outside of what the group touches.
    std::ranges::fill(failing_, Counts{});
    std::ranges::fill(silent_, Counts{});
    for (const std::size_t number : touched_)
        untold_[number] = {};
    touched_.clear();
}

/// Whether the silent pairs of a scope may have the cause of those that tell of one: most of its
/// pairs tell of it, or it is where all of them begin or end.
bool Cover::may_join(const Manner& manner, std::size_t number, Reach reach) const {
    const std::int32_t silent = total(silent_[number], reach);
    return silent == 0 || 2 * silent < total(failing_[number], reach) ||
           is_of(members_, nodes_, numbers_.scope(number), manner.hop);
}

std::optional<Cover::Found> Cover::best(const Manner& manner) const {
    std::optional<Found> best;
    for (const std::size_t number : touched_) {
        for (const Reach reach : kReaches) {
            const std::int32_t gain = total(untold_[number], reach);
            if (gain < 2 || (best && gain <= best->gain)) continue;
            if (total(failing_[number], reach) == total(planned_[number], reach) &&
                may_join(manner, number, reach))
                best = Found{number, reach, gain};
        }
    }
    return best;
}

bool Cover::in_scope(const Found& found, const Pair& pair) {
    const auto numbers = numbers_.of(pair);
    return includes(found.reach, nodes_.distance(pair)) &&
           std::ranges::find(numbers, found.number) != numbers.end();
}

void Cover::tell(const Group& group, Symptoms& silent, std::vector<Told>& all_told) {
    count_planned(group.manner.lanes);
    count_failing(group, silent);
    Symptoms untold = group.symptoms;
    for (std::size_t scopes = 0; scopes < kScopesMax && !untold.empty(); ++scopes) {
        const auto found = best(group.manner);
        if (!found) break;
        const auto told = std::ranges::stable_partition(
            untold, [&](const Symptom* symptom) { return !in_scope(*found, symptom->pair); });
        const auto joining = std::ranges::stable_partition(silent, [&](const Symptom* symptom) {
            return symptom->manner.lanes != group.manner.lanes || !in_scope(*found, symptom->pair);
        });
        for (const Symptom* symptom : told)
            count(untold_, symptom->pair, -1);
        Symptoms symptoms{told.begin(), told.end()};
        symptoms.insert(symptoms.end(), joining.begin(), joining.end());
        untold.erase(told.begin(), told.end());
        silent.erase(joining.begin(), joining.end());
        const std::string words =
            scope_words(members_, nodes_, numbers_.scope(found->number), found->reach);
        std::string pairs = "all " + std::to_string(symptoms.size()) + " pairs";
        if (!words.empty()) pairs += " " + words;
        all_told.push_back({group.manner, std::move(symptoms), std::move(pairs)});
    }
    tell_rest(group.manner, untold, all_told);
    forget_failing();
}

void Cover::tell_rest(const Manner& manner, const Symptoms& rest,
                      std::vector<Told>& all_told) const {
    const auto pair_words = [&](const Symptom* symptom) {
        return members_[symptom->pair.from.value()].name + " to " +
               members_[symptom->pair.to.value()].name;
    };
    if (rest.size() > kSinglesMax) {
        all_told.push_back(
            {manner, rest,
             std::to_string(rest.size()) + " pairs, such as " + pair_words(rest.front())});
        return;
    }
    for (const Symptom* symptom : rest)
        all_told.push_back({manner, {symptom}, pair_words(symptom)});
}

/// All that is there to tell, of whom somebody said why first.
std::vector<Told> tell_all(std::span<const Member> members, const Plan& plan,
                           std::span<const Symptom> symptoms) {
    std::map<Manner, Symptoms> by_manner;
    Symptoms silent;
    for (const Symptom& symptom : symptoms) {
        if (symptom.manner.silent())
            silent.push_back(&symptom);
        else
            by_manner[symptom.manner].push_back(&symptom);
    }
    std::vector<Told> all_told;
    Cover cover{members, plan};
    for (auto& [manner, group] : by_manner)
        cover.tell({manner, std::move(group)}, silent, all_told);

    by_manner.clear();
    for (const Symptom* symptom : silent)
        by_manner[symptom->manner].push_back(symptom);
    silent.clear();
    for (auto& [manner, group] : by_manner)
        cover.tell({manner, std::move(group)}, silent, all_told);
    return all_told;
}

/// Makes one of what is the same over both families.
void join_families(std::vector<Told>& all_told) {
    for (std::size_t i = 0; i < all_told.size(); ++i)
        for (std::size_t j = i + 1; j < all_told.size(); ++j) {
            if (!all_told[i].like(all_told[j])) continue;
            all_told[i].manner.lanes |= all_told[j].manner.lanes;
            all_told.erase(all_told.begin() + static_cast<std::ptrdiff_t>(j--));
        }
}

Cause cause_of(std::span<const Member> members, const Plan& plan, const Told& told) {
    const Manner& manner = told.manner;
    // What merely joined in has nothing to say.
    const auto saying = std::ranges::find_if(
        told.symptoms, [&](const Symptom* symptom) { return symptom->manner.like(manner); });
    FLATLAN_CHECK(saying != told.symptoms.end());
    const Failure& example = *(*saying)->example;
    const Explanation* const why = (*saying)->why;
    const std::string lanes = lane_words(manner.lanes, lanes_of(members, plan, example.pair));
    const bool one_sender = std::ranges::all_of(told.symptoms, [&](const Symptom* symptom) {
        return symptom->pair.from == example.pair.from;
    });
    return {.verdict = manner.verdict,
            .hop = manner.at_sender && one_sender ? members[example.pair.from.value()].name
                                                  : manner.hop,
            .scope = lanes.empty() ? told.pairs_words : told.pairs_words + ", " + lanes,
            .evidence = why != nullptr ? why->evidence : evidence_words(members, example),
            .mend = why != nullptr && !why->mend.empty() ? why->mend
                                                         : std::string{mend_for(manner.verdict)},
            .pairs = told.symptoms.size(),
            .checks = told.symptoms.size() * manner.lanes.size()};
}

MadeCause make_cause(std::span<const Member> members, const Plan& plan, const Told& told) {
    MadeCause made{cause_of(members, plan, told), nullptr, {}};
    for (const Symptom* symptom : told.symptoms) {
        if (symptom->why != nullptr) made.why = symptom->why;
        made.pairs.push_back(symptom->pair);
    }
    return made;
}

}  // namespace

std::vector<Cause> find_causes(std::span<const Member> members, const Plan& plan,
                               std::span<const Failure> failures,
                               std::span<const Explanation* const> explanations) {
    std::vector<Cause> causes;
    if (failures.empty()) return causes;
    const auto symptoms = symptoms_of(members, failures, explanations);
    auto all_told = tell_all(members, plan, symptoms);
    for (Told& told : all_told)
        std::ranges::sort(told.symptoms, {}, &Symptom::pair);
    join_families(all_told);
    std::vector<MadeCause> all;
    for (const Told& told : all_told)
        all.push_back(make_cause(members, plan, told));
    const auto checks = [](const MadeCause& made) { return made.cause.checks; };
    std::ranges::stable_sort(all, std::greater{}, checks);
    join_explained(all);
    std::ranges::stable_sort(all, std::greater{}, checks);
    for (MadeCause& made : all)
        causes.push_back(std::move(made.cause));
    return causes;
}

}  // namespace flatlan::probe
