#include "overlay/probe/cluster/trace/foresight.hpp"

#include <algorithm>

#include "overlay/probe/trace/expected.hpp"

namespace flatlan::trace {
namespace {

/// Answers as kernels should, and notes what it was asked.
class Foresight final : public Inquiry {
public:
    Foresight(const Atlas& atlas, Inquiry& known, const Flow& flow)
        : atlas_{atlas}, known_{known}, flow_{flow} {}

    Result<const PlaceFacts*> facts(PlaceId place) override {
        const PlaceId node = atlas_.node_of(place);
        for (const PlaceId end : {flow_.from, flow_.to})
            if (place == end || place == atlas_.node_of(end)) return known_.facts(place);
        return Error{ErrorCode::not_found, "nothing is known of " + atlas_.at(node).name};
    }
    Result<RouteAnswer> route(PlaceId place, const RouteAsked& asked) override {
        wanted_.push_back(AskRoute{place, asked});
        FLATLAN_TRY(known, facts(place));
        RouteAnswer answer;
        if (known->has_address(asked.destination)) {
            answer.outcome = RouteOutcome::local;
            return answer;
        }
        const Ground ground{atlas_, *this};
        const auto at = passage(place, asked);
        if (!at) return answer;
        FLATLAN_TRY(link, expected_link(ground, *at));
        if (link == nullptr) return answer;
        FLATLAN_TRY(expected, expected_route(ground, *at, *link));
        answer.outcome = RouteOutcome::forward;
        answer.device = link->index;
        answer.via = expected.via;
        return answer;
    }
    /// Whatever is asked for on the way is switched on.
    Result<std::optional<int>> setting(PlaceId place, const std::string& path) override {
        wanted_.push_back(AskSetting{place, path});
        return std::optional{1};
    }
    std::vector<KernelQuestion> take_wanted() { return std::move(wanted_); }

private:
    /// Of the flow's packet, or of the tunnel's that carries it; nothing for another one.
    std::optional<Passage> passage(PlaceId place, const RouteAsked& asked) const {
        if (!asked.source) return std::nullopt;
        Passage at{place, asked.input, *asked.source, asked.destination, flow_.to};
        if (asked.destination == flow_.destination) return at;
        at.outer = true;
        at.goal = atlas_.node_of(flow_.to);
        if (atlas_.at(at.goal).endpoint != asked.destination) return std::nullopt;
        return at;
    }

    const Atlas& atlas_;
    Inquiry& known_;
    const Flow& flow_;
    std::vector<KernelQuestion> wanted_;
};

}  // namespace

std::vector<KernelQuestion> foresee(const Atlas& atlas, Inquiry& inquiry, const Flow& flow) {
    Foresight foresight{atlas, inquiry, flow};
    // Where it does not come to an end, less is foreseen.
    static_cast<void>(walk(atlas, foresight, flow));
    std::vector<KernelQuestion> wanted = foresight.take_wanted();
    std::vector<KernelQuestion> once;
    for (KernelQuestion& question : wanted)
        if (std::ranges::find(once, question) == once.end()) once.push_back(std::move(question));
    return once;
}

}  // namespace flatlan::trace
