#include "overlay/probe/trace/conclude.hpp"

#include <algorithm>

#include "overlay/probe/trace/overload.hpp"
#include "overlay/probe/trace/sized.hpp"
#include "overlay/probe/trace/suspects.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;

/// What went wrong in one direction.
class Direction {
public:
    Direction(const Case& asked, PacketKind kind)
        : asked_{asked}, kind_{kind}, suspects_{asked, kind} {}

    std::optional<Fault> rewriting() const { return suspects_.rewriting(); }

    /// For packets that did not all arrive.
    Fault explain(std::size_t sent, std::size_t arrived) const {
        if (auto fault = suspects_.rewriting()) return std::move(*fault);
        if (auto fault = suspects_.dropping_rule()) {
            if (arrived > 0) fault->verdict = Verdict::loss;
            return std::move(*fault);
        }
        if (arrived == 0 && foretold()) return *walk().fault;
        if (auto fault = suspects_.rejected_by_tunnel()) return std::move(*fault);
        if (auto fault = suspects_.expired()) return std::move(*fault);
        if (auto fault = suspects_.bad_checksum()) return std::move(*fault);
        if (auto fault = suspects_.nobody_listens()) return std::move(*fault);
        Fault fault = suspects_.lost_between_nodes().value_or(suspects_.vanished());
        if (asked_.seen.is_incomplete()) return unless_overloaded(asked_, std::move(fault));
        if (arrived > 0) {
            fault.verdict = Verdict::loss;
            fault.reason = std::to_string(sent - arrived) + " of " + std::to_string(sent) +
                           " packets vanished; " + fault.reason;
        }
        return fault;
    }

private:
    /// Whether packets with that fault are seen where they should not be.
    static bool leads_astray(Verdict verdict) {
        return verdict == Verdict::wrong_route || verdict == Verdict::fdb_wrong ||
               verdict == Verdict::neighbour_wrong;
    }
    bool arrived_at_the_end() const {
        const PlaceId end = kind_ == PacketKind::request ? asked_.flow.to : asked_.flow.from;
        return std::ranges::any_of(asked_.seen.sightings, [&](const Sighting& sighting) {
            return sighting.packet.kind == kind_ && !sighting.astray && sighting.place == end &&
                   end != walk().fault->place;
        });
    }
    const Walk& walk() const { return kind_ == PacketKind::request ? asked_.forth : asked_.back; }
    /// The walk ends in a fault, and no packet was seen beyond it.
    bool foretold() const {
        if (!walk().fault) return false;
        if (leads_astray(walk().fault->verdict)) return !arrived_at_the_end();
        const auto expected = [&](PlaceId place) {
            const auto& places = walk().places;
            return place == walk().fault->place || std::ranges::find(places, place) != places.end();
        };
        return std::ranges::none_of(asked_.seen.sightings, [&](const Sighting& sighting) {
            return sighting.packet.kind == kind_ && !sighting.astray && !expected(sighting.place);
        });
    }

    const Case& asked_;
    PacketKind kind_;
    Suspects suspects_;
};

/// What the tables say of the place of a UDP service that has not answered. It owes no answer, and
/// what was seen to come there stands for one (service_reached.hpp), but no packet was seen to get
/// past that.
std::optional<Fault> foretold_at_service(const Case& asked) {
    const auto& fault = asked.forth.fault;
    const bool silent = asked.protocol == probe::Protocol::udp && !asked.seen.own_listener &&
                        std::ranges::none_of(asked.seen.sightings, [](const Sighting& sighting) {
                            return sighting.packet.kind == PacketKind::answer;
                        });
    return silent && fault && fault->place == asked.flow.to ? fault : std::nullopt;
}

/// A pod that does not reach itself: whatever the walk says in general, this is the word for it.
Fault as_hairpin(const Case& asked, Fault fault) {
    const bool itself = asked.flow.from == asked.flow.to;
    if (itself && (fault.verdict == Verdict::unknown || fault.verdict == Verdict::no_route))
        fault.verdict = Verdict::hairpin_failed;
    return fault;
}

}  // namespace

std::optional<Fault> conclude(const Case& asked) {
    if (!asked.atlas.at(asked.flow.from).present || !asked.atlas.at(asked.flow.to).present)
        return asked.forth.fault;
    const Direction forth{asked, PacketKind::request};
    const Direction back{asked, PacketKind::answer};
    if (auto fault = forth.rewriting()) return fault;
    if (auto fault = foretold_at_service(asked)) return fault;
    const Trial& small = asked.seen.small;
    // Nothing could be sent: the tables alone say why.
    if (small.sent == 0 && asked.forth.fault) return as_hairpin(asked, *asked.forth.fault);
    if (small.arrived < small.sent || small.sent == 0)
        return as_hairpin(asked, forth.explain(small.sent, small.arrived));
    if (auto fault = back.rewriting()) return fault;
    if (small.answered < small.sent)
        return as_hairpin(asked, back.explain(small.sent, small.answered));
    return judge_large(asked);
}

bool was_seen(const Observation& seen, const Hop& hop, PacketKind kind) {
    return std::ranges::any_of(seen.sightings, [&](const Sighting& sighting) {
        return sighting.place == hop.place && sighting.device == hop.device &&
               sighting.packet.kind == kind && sighting.packet.outer == hop.outer;
    });
}

}  // namespace flatlan::trace
