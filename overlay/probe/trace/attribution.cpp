#include "overlay/probe/trace/attribution.hpp"

#include <algorithm>

#include "overlay/probe/trace/breadth.hpp"
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
        FLATLAN_TRY_VOID(try_what_tables_do_not_say(failures, trace_pair));
        return std::move(attribution_);
    }

private:
    /// Nothing when all is well by now, or when a namespace has vanished meanwhile.
    Result<std::optional<Explanation>> trace(const Failure& failure, const TracePair& trace_pair) {
        ++traces_;
        FLATLAN_TRY(way, way_of(failure));
        if (way != nullptr)
            for (const PlaceId passed : way->places)
                ++traced_at_[passed];
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

    Result<void> try_what_tables_do_not_say(std::span<const Failure> failures,
                                            const TracePair& trace_pair) {
        std::vector<bool> traced(failures.size(), false);
        for (std::size_t unknown = 0;;) {
            FLATLAN_TRY(next, next_to_trace(failures, traced));
            if (!next) return success();
            if (traces_ == kTracesMax || unknown == kUnknownMax) {
                count_untraced(failures, traced);
                return success();
            }
            traced[*next] = true;
            FLATLAN_TRY(found, trace(failures[*next], trace_pair));
            if (!found) continue;
            FLATLAN_TRY_VOID(spread(*found, failures, *next));
            if (found->verdict == probe::Verdict::unknown) ++unknown;
        }
    }

    void count_untraced(std::span<const Failure> failures, const std::vector<bool>& traced) {
        for (std::size_t i = 0; i < failures.size(); ++i)
            if (attribution_.of_failure[i] == nullptr && !traced[i] && can_trace(failures[i]))
                ++attribution_.untraced;
    }

    /// Of what nothing explains yet, the failure whose way has been traced least: so that each
    /// place has its turn before the traces are used up.
    Result<std::optional<std::size_t>> next_to_trace(std::span<const Failure> failures,
                                                     const std::vector<bool>& traced) {
        std::optional<std::size_t> best;
        std::size_t fewest = 0;
        for (std::size_t i = 0; i < failures.size(); ++i) {
            if (attribution_.of_failure[i] != nullptr || traced[i] || !can_trace(failures[i]))
                continue;
            FLATLAN_TRY(way, way_of(failures[i]));
            std::size_t times = 0;
            if (way != nullptr)
                for (const PlaceId passed : way->places)
                    if (const auto known = traced_at_.find(passed); known != traced_at_.end())
                        times += known->second;
            if (best && times >= fewest) continue;
            best = i;
            fewest = times;
        }
        return best;
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

    /// Whether two may have one fault. A request that vanishes and an answer that does may: to the
    /// place that takes them they are packets of one way.
    static bool are_alike(const Failure& one, const Failure& other) {
        if (one.finding == other.finding) return true;
        const auto is_silent = [](const Failure& failure) {
            return failure.finding.verdict == probe::Verdict::unknown ||
                   failure.evidence.overloaded;
        };
        return is_silent(one) && is_silent(other);
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
        const Failure& example = failures[traced];
        for (std::size_t i = 0; i < failures.size(); ++i) {
            const Failure& failure = failures[i];
            if (attribution_.of_failure[i] != nullptr || !are_alike(failure, example) ||
                !is_taken_too(found->verdict, example.lane, failure.lane))
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
    std::map<PlaceId, std::size_t> traced_at_;  ///< how many traces have passed a place
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
