#include "overlay/probe/judge.hpp"

namespace flatlan::probe {
namespace {

/// A request that was seen, but not as it was sent.
Finding judge_sighting(MemberId receiver, const Evidence& evidence) {
    const Sighting& sighting = *evidence.sighting;
    if (sighting.destination != evidence.destination)
        return {Property::destination_kept, Verdict::destination_rewritten};
    // It stands at another member, and nobody changed where it was to go.
    if (sighting.at != receiver) return {Property::arrives, Verdict::duplicate_address};
    return {Property::source_kept, Verdict::source_rewritten};
}

Verdict verdict_of(const Refusal& refusal, const std::optional<Endpoint>& destination) {
    switch (refusal.kind) {
        case RefusalKind::no_route:
            return Verdict::no_route;
        case RefusalKind::prohibited:
            return Verdict::filtered;
        case RefusalKind::ttl_expired:
            return Verdict::ttl_expired;
        case RefusalKind::address_missing:
            return Verdict::address_missing;
        case RefusalKind::own_limit:
            return Verdict::tester_overloaded;
        case RefusalKind::port_closed:
            // The tester listens there. Whoever says otherwise on the way is a rule; at the
            // destination it is a rule too, or another one took the packet: nobody can tell here.
            if (refusal.reporter && destination && *refusal.reporter != destination->address)
                return Verdict::filtered;
            return Verdict::unknown;
        case RefusalKind::too_large:  // probes have 60 octets: not for their size
        case RefusalKind::other:
            return Verdict::unknown;
    }
    return Verdict::unknown;
}

}  // namespace

std::optional<Finding> judge(const Pair& pair, const Evidence& evidence) {
    if (evidence.fault) return Finding{Property::arrives, evidence.fault->verdict};
    if (evidence.sighting) return judge_sighting(pair.to, evidence);
    if (evidence.answer_from)
        return Finding{Property::answer_source_kept, Verdict::source_rewritten};
    if (evidence.seen && evidence.answered) {
        if (evidence.hops) return Finding{Property::hops_as_expected, Verdict::wrong_route};
        if (evidence.twice) return Finding{Property::once, Verdict::unknown};
        return std::nullopt;
    }
    const Property property = evidence.seen ? Property::answered : Property::arrives;
    const Verdict verdict =
        evidence.refusal ? verdict_of(*evidence.refusal, evidence.destination) : Verdict::unknown;
    const bool to_itself = pair.from == pair.to;
    return Finding{property,
                   to_itself && verdict == Verdict::unknown ? Verdict::hairpin_failed : verdict};
}

}  // namespace flatlan::probe
