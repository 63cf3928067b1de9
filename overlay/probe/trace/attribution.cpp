#include "overlay/probe/trace/attribution.hpp"

#include <algorithm>

#include "overlay/probe/trace/explanation_of.hpp"

namespace flatlan::trace {
namespace {

using probe::Explanation;
using probe::Failure;

class Attributor {
public:
    Attributor(const Atlas& atlas, Inquiry& inquiry, std::span<const probe::Member> members)
        : atlas_{atlas}, inquiry_{inquiry} {
        std::map<std::string, PlaceId> places;
        for (std::uint32_t i = 0; i < atlas.places.size(); ++i)
            places.emplace(atlas.places[i].name, PlaceId{i});
        for (const probe::Member& member : members) {
            const auto at = places.find(member.name);
            place_of_.push_back(at == places.end() ? std::nullopt : std::optional{at->second});
        }
    }

    Result<Attribution> run(std::span<const Failure> failures, const TracePair& trace_pair) {
        attribution_.of_failure.assign(failures.size(), nullptr);
        for (std::size_t i = 0; i < failures.size(); ++i) {
            FLATLAN_TRY(way, way_of(failures[i]));
            if (way != nullptr) attribution_.of_failure[i] = way->foretold;
        }
        FLATLAN_TRY_VOID(try_what_tables_say(failures, trace_pair));
        std::size_t unknown = 0;
        for (std::size_t i = 0; i < failures.size() && traces_ < kTracesMax; ++i) {
            if (attribution_.of_failure[i] != nullptr || !can_trace(failures[i])) continue;
            FLATLAN_TRY(found, trace(failures[i], trace_pair));
            if (!found) continue;
            FLATLAN_TRY_VOID(spread(*found, failures, i));
            if (found->verdict == probe::Verdict::unknown && ++unknown == kUnknownMax) break;
        }
        return std::move(attribution_);
    }

private:
    /// Nothing when all is well by now, or when a namespace has vanished meanwhile.
    Result<std::optional<Explanation>> trace(const Failure& failure, const TracePair& trace_pair) {
        ++traces_;
        auto report = trace_pair(*place(failure.pair.from), *place(failure.pair.to), failure.lane);
        std::optional<Explanation> found;
        if (!report && report.error().code() != ErrorCode::not_found)
            return std::move(report).error();
        if (report && !report.value().delivered()) found = explanation_of(report.value());
        return found;
    }
    /// What a real packet meets counts for more than what tables foretell.
    Result<void> try_what_tables_say(std::span<const Failure> failures,
                                     const TracePair& trace_pair) {
        for (Explanation& text : attribution_.texts) {
            if (traces_ == kTracesMax) break;
            const auto example = std::ranges::find(attribution_.of_failure, &text);
            const auto number = static_cast<std::size_t>(example - attribution_.of_failure.begin());
            FLATLAN_TRY(found, trace(failures[number], trace_pair));
            if (found) text = std::move(*found);
        }
        return success();
    }

    /// The places on the way there and back, and what the tables say is wrong with it.
    struct Way {
        const Explanation* foretold = nullptr;
        std::vector<PlaceId> places;
    };

    const std::optional<PlaceId>& place(probe::MemberId member) const {
        return place_of_[member.value()];
    }
    bool can_trace(const Failure& failure) const {
        return place(failure.pair.from) && place(failure.pair.to) &&
               (failure.finding.verdict != probe::Verdict::tester_overloaded ||
                failure.evidence.overloaded);
    }

    Result<const Way*> way_of(const Failure& failure) {
        if (!can_trace(failure)) return static_cast<const Way*>(nullptr);
        const PlaceId from = *place(failure.pair.from);
        const PlaceId to = *place(failure.pair.to);
        const auto source = atlas_.at(from).addresses.find(failure.lane.family);
        const auto destination = atlas_.at(to).addresses.find(failure.lane.family);
        if (!source || !destination) return static_cast<const Way*>(nullptr);
        const auto [at, is_new] = ways_.try_emplace({from, to, failure.lane.family});
        if (!is_new) return static_cast<const Way*>(&at->second);
        auto forth = walk(atlas_, inquiry_, {from, to, *source, *destination});
        auto back = walk(atlas_, inquiry_, {to, from, *destination, *source});
        for (const auto* const walked : {&forth, &back}) {
            if (*walked) continue;
            if (walked->error().code() != ErrorCode::not_found) return walked->error();
            return static_cast<const Way*>(&at->second);  // a namespace has vanished meanwhile
        }
        const auto& fault = forth.value().fault ? forth.value().fault : back.value().fault;
        if (fault) at->second.foretold = text_of(explanation_of(*fault, atlas_));
        for (const Walk* const each : {&forth.value(), &back.value()})
            for (const Hop& hop : each->hops)
                at->second.places.push_back(hop.place);
        return static_cast<const Way*>(&at->second);
    }

    /// One text for all that it explains.
    const Explanation* text_of(Explanation wanted) {
        const auto known = std::ranges::find_if(
            attribution_.texts, [&](const Explanation& text) { return text == wanted; });
        if (known != attribution_.texts.end()) return &*known;
        return &attribution_.texts.emplace_back(std::move(wanted));
    }

    Result<void> spread(Explanation explanation, std::span<const Failure> failures,
                        std::size_t traced) {
        const Explanation* const found = text_of(std::move(explanation));
        for (std::size_t i = traced; i < failures.size(); ++i) {
            const Failure& failure = failures[i];
            if (attribution_.of_failure[i] != nullptr || failure.lane != failures[traced].lane ||
                failure.finding != failures[traced].finding)
                continue;
            FLATLAN_TRY(way, way_of(failure));
            const bool passes =
                way != nullptr && std::ranges::any_of(way->places, [&](PlaceId place) {
                    return atlas_.at(place).name == found->hop;
                });
            if (passes || i == traced) attribution_.of_failure[i] = found;
        }
        return success();
    }

    const Atlas& atlas_;
    Inquiry& inquiry_;
    std::vector<std::optional<PlaceId>> place_of_;  ///< by member
    std::map<std::tuple<PlaceId, PlaceId, IpFamily>, Way> ways_;
    Attribution attribution_;
    std::size_t traces_ = 0;
};

}  // namespace

Result<Attribution> attribute(const Atlas& atlas, Inquiry& inquiry,
                              std::span<const probe::Member> members,
                              std::span<const probe::Failure> failures,
                              const TracePair& trace_pair) {
    return Attributor{atlas, inquiry, members}.run(failures, trace_pair);
}

}  // namespace flatlan::trace
