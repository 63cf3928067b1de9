#include "overlay/probe/causes.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "overlay/probe/evidence_words.hpp"

namespace flatlan::probe {
namespace {

enum class End : std::uint8_t { from, to };

/// Where an end of the pair is: its node, or itself where nobody knows nodes.
const std::string& place_of(std::span<const Member> members, const Pair& pair, End end) {
    const Member& member = members[(end == End::from ? pair.from : pair.to).value()];
    return member.node ? member.node->text() : member.name;
}

struct Group {
    const Failure* first = nullptr;
    std::set<Pair> pairs;  ///< one pair fails on up to six lanes
};

using Groups = std::map<std::string, Group>;

Groups group_by(std::span<const Member> members, const std::vector<const Failure*>& failures,
                End end) {
    Groups groups;
    for (const Failure* failure : failures) {
        Group& group = groups[place_of(members, failure->pair, end)];
        if (group.first == nullptr) group.first = failure;
        group.pairs.insert(failure->pair);
    }
    return groups;
}

/// How many of all pairs begin or end at each place.
std::map<std::string, std::size_t> count_by(std::span<const Member> members,
                                            std::span<const Pair> pairs, End end) {
    std::map<std::string, std::size_t> counts;
    for (const Pair& pair : pairs)
        ++counts[place_of(members, pair, end)];
    return counts;
}

/// The one member that all the pairs have at that end; nothing when there are several.
const Member* only_member(std::span<const Member> members, const std::set<Pair>& pairs, End end) {
    const auto at_end = [&](const Pair& pair) { return end == End::from ? pair.from : pair.to; };
    const MemberId first = at_end(*pairs.begin());
    const bool only = std::all_of(pairs.begin(), pairs.end(),
                                  [&](const Pair& pair) { return at_end(pair) == first; });
    return only ? &members[first.value()] : nullptr;
}

std::size_t count_at(std::span<const Member> members, std::span<const Pair> pairs, End end,
                     const Member& member) {
    return static_cast<std::size_t>(
        std::count_if(pairs.begin(), pairs.end(), [&](const Pair& pair) {
            return &members[(end == End::from ? pair.from : pair.to).value()] == &member;
        }));
}

std::string scope_of(std::size_t failed, std::size_t tried, End end, const std::string& place) {
    const std::string count = (failed == tried ? "all " : "") + std::to_string(failed) +
                              (failed == 1 ? " pair" : " pairs");
    return count + (end == End::from ? " from " : " to ") + place;
}

}  // namespace

std::vector<Cause> find_causes(std::span<const Member> members, std::span<const Pair> pairs,
                               std::span<const Failure> failures) {
    std::map<Verdict, std::vector<const Failure*>> alike;
    for (const Failure& failure : failures)
        alike[failure.finding.verdict].push_back(&failure);

    std::vector<Cause> causes;
    for (const auto& [verdict, found] : alike) {
        const Groups by_source = group_by(members, found, End::from);
        const Groups by_destination = group_by(members, found, End::to);
        const End end = by_source.size() < by_destination.size() ? End::from : End::to;
        const auto tried = count_by(members, pairs, end);
        for (const auto& [node, group] : end == End::from ? by_source : by_destination) {
            const Member* only = only_member(members, group.pairs, end);
            const std::string& place = only != nullptr ? only->name : node;
            const std::size_t of =
                only != nullptr ? count_at(members, pairs, end, *only) : tried.at(node);
            causes.push_back({.verdict = verdict,
                              .hop = place,
                              .scope = scope_of(group.pairs.size(), of, end, place),
                              .evidence = evidence_words(members, *group.first),
                              .mend = std::string{mend_for(verdict)},
                              .pairs = group.pairs.size()});
        }
    }
    std::stable_sort(causes.begin(), causes.end(),
                     [](const Cause& a, const Cause& b) { return a.pairs > b.pairs; });
    return causes;
}

}  // namespace flatlan::probe
