#include "overlay/probe/symptoms.hpp"

#include <algorithm>

#include "overlay/probe/evidence_words.hpp"

namespace flatlan::probe {
namespace {

Manner manner_of(std::span<const Member> members, const Failure& failure, const Explanation* why) {
    if (why != nullptr)
        return {.verdict = why->verdict, .hop = why->hop, .lanes = LaneSet{failure.lane}};
    Manner manner{.verdict = failure.finding.verdict,
                  .hop = hop_of(members, failure),
                  .lanes = LaneSet{failure.lane}};
    manner.at_sender = manner.hop == members[failure.pair.from.value()].name;
    if (manner.at_sender) manner.hop.clear();
    return manner;
}

bool same_family(const Symptom& left, const Symptom& right) {
    return left.example->lane.family == right.example->lane.family;
}

void add(Symptom symptom, std::vector<Symptom>& symptoms) {
    const auto same = std::ranges::find_if(symptoms, [&](const Symptom& known) {
        return known.manner.like(symptom.manner) && same_family(known, symptom);
    });
    if (same != symptoms.end())
        same->manner.lanes |= symptom.manner.lanes;
    else
        symptoms.push_back(std::move(symptom));
}

void let_silence_join(std::vector<Symptom>& symptoms) {
    for (Symptom& silent : symptoms) {
        if (!silent.manner.silent()) continue;
        const auto told = std::ranges::find_if(symptoms, [&](const Symptom& known) {
            return !known.manner.silent() && same_family(known, silent);
        });
        if (told == symptoms.end()) continue;
        told->manner.lanes |= silent.manner.lanes;
        silent.manner.lanes = {};
    }
    std::erase_if(symptoms, [](const Symptom& symptom) { return symptom.manner.lanes.empty(); });
}

}  // namespace

LaneSet lanes_of(std::span<const Member> members, const Plan& plan, const Pair& pair) {
    LaneSet lanes;
    for (const Lane& lane : plan.lanes)
        if (can_try(members, pair, lane)) lanes |= LaneSet{lane};
    return lanes;
}

std::string lane_words(LaneSet failed, LaneSet planned) {
    if (failed == planned) return {};
    std::string words;
    const auto add_words = [&](std::string_view more) {
        if (!words.empty()) words += " and ";
        words += more;
    };
    for (const Protocol protocol : kProtocols) {  // whole protocols first, then what is left
        LaneSet lanes{{IpFamily::ipv4, protocol}};
        lanes |= LaneSet{{IpFamily::ipv6, protocol}};
        const LaneSet wanted = planned & lanes;
        if (wanted.size() < 2 || (failed & lanes) != wanted || failed.size() > 4) continue;
        add_words(to_upper_string(protocol));
        failed = failed.without(lanes);
    }
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        const LaneSet lanes = LaneSet::of_family(family);
        const LaneSet wanted = planned & lanes;
        if ((failed & lanes).empty()) continue;
        if ((failed & lanes) == wanted) {
            add_words(to_string(family));
            continue;
        }
        for (const Protocol protocol : kProtocols)
            if (failed.contains({family, protocol})) add_words(to_string(Lane{family, protocol}));
    }
    return words;
}

std::vector<Symptom> symptoms_of(std::span<const Member> members, std::span<const Failure> failures,
                                 std::span<const Explanation* const> explanations) {
    std::vector<Symptom> symptoms;
    std::vector<Symptom> of_pair;
    for (std::size_t i = 0; i < failures.size(); ++i) {
        const Failure& failure = failures[i];
        const Explanation* const why = explanations.empty() ? nullptr : explanations[i];
        add({manner_of(members, failure, why), failure.pair, &failure, why}, of_pair);
        if (i + 1 < failures.size() && failures[i + 1].pair == failure.pair) continue;
        let_silence_join(of_pair);
        std::ranges::move(of_pair, std::back_inserter(symptoms));
        of_pair.clear();
    }
    return symptoms;
}

}  // namespace flatlan::probe
