#include "overlay/probe/io/trace/tracer.hpp"

#include <algorithm>
#include <array>

#include "overlay/probe/io/epoll.hpp"
#include "overlay/probe/io/machine_load.hpp"
#include "overlay/probe/io/trace/stage.hpp"
#include "overlay/probe/trace/way.hpp"

namespace flatlan::trace {
namespace {

using namespace std::chrono_literals;

/// How long packets are waited for where the tables say that they cannot arrive, where they should,
/// and where the machine may have been too busy to carry them until then.
constexpr Duration kPatienceWithoutHope = 40ms;
constexpr Duration kPatience = 160ms;
constexpr Duration kPatienceWithABusyMachine = 1s;

Result<IpAddress> address_of(const Place& place, IpFamily family) {
    const auto address = place.addresses.find(family);
    if (address) return *address;
    return Error{ErrorCode::invalid_argument,
                 place.name + " has no " + std::string{to_string(family)} + " address"};
}

std::uint64_t draw_tag() {
    // Of time and process: has to differ from other traces on this machine, not to be secret.
    return static_cast<std::uint64_t>(probe::monotonic_now().nanoseconds()) *
           0x9e37'79b9'7f4a'7c15U;
}

/// A trace under way: what is asked, what the tables say, and the packets that are watched.
struct Attempt {
    const Grounds& grounds;
    const Flow& flow;
    probe::Protocol protocol;
    const Walk& forth;
    const Walk& back;
    Stage& stage;

    Case as_case(const Observation& seen) const {
        return {grounds.atlas, flow, protocol, forth, back, seen};
    }
    /// Whether what was seen says why packets stay away, so that no more of them will come.
    Result<bool> is_explained() const {
        if (stage.told_error()) return true;
        FLATLAN_TRY(seen, stage.look());
        const auto fault = conclude(as_case(seen));
        if (!fault) return true;
        switch (fault->verdict) {
            case probe::Verdict::unknown:
            case probe::Verdict::hairpin_failed:
            case probe::Verdict::tester_overloaded:
                return false;
            case probe::Verdict::loss:
                return !fault->mend.empty();  // a rule drops some, or nobody knows
            default:
                return true;
        }
    }
    Result<void> try_small() const {
        stage.try_small(kPatienceWithoutHope);
        if (forth.fault || back.fault) return success();
        const probe::IdleWatch idle;
        for (const Duration patience : {kPatience, kPatienceWithABusyMachine}) {
            if (!stage.seen().small.failed()) break;
            FLATLAN_TRY(explained, is_explained());
            if (explained) break;
            if (patience == kPatienceWithABusyMachine && !idle.is_busy()) break;
            stage.wait_small(patience);
        }
        return success();
    }
};

}  // namespace

Result<Traced> trace(const Grounds& grounds, KernelInquiry& inquiry, const TraceRequest& request) {
    const Atlas& atlas = grounds.atlas;
    FLATLAN_TRY(source, address_of(atlas.at(request.from), request.family));
    FLATLAN_TRY(destination, address_of(atlas.at(request.to), request.family));
    const Flow flow{request.from, request.to, source, destination};
    FLATLAN_TRY(forth, walk(atlas, inquiry, flow));
    FLATLAN_TRY(back, walk(atlas, inquiry, {flow.to, flow.from, destination, source}));
    Traced traced{
        .report = {.from = {}, .to = {}, .family = request.family, .protocol = request.protocol},
        .frames = {}};
    const Observation nothing;
    if (!atlas.at(flow.from).present || !atlas.at(flow.to).present) {
        traced.report = make_report({atlas, flow, request.protocol, forth, back, nothing});
        return traced;
    }
    const std::array<const Walk*, 2> walks{&forth, &back};
    const ExchangeSpec spec{.flow = flow,
                            .protocol = request.protocol,
                            .tag = draw_tag(),
                            .from = &*grounds.networks[flow.from.value()],
                            .to = &*grounds.networks[flow.to.value()],
                            .service = request.service};
    FLATLAN_TRY(stage,
                Stage::open(grounds, inquiry, places_on_the_way(grounds.atlas, flow, walks), spec));
    const Attempt attempt{grounds, flow, request.protocol, forth, back, stage};
    FLATLAN_TRY_VOID(attempt.try_small());
    if (!stage.seen().small.failed()) {
        FLATLAN_TRY(size, largest_packet(inquiry, forth));
        if (size) stage.try_large(*size, kPatience);
    }
    FLATLAN_TRY(seen, stage.finish());
    traced.report = make_report(attempt.as_case(seen));
    if (request.keep_frames) traced.frames = stage.take_frames();
    return traced;
}

}  // namespace flatlan::trace
