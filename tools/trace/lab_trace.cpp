#include "tools/trace/lab_trace.hpp"

#include <algorithm>

#include "tools/trace/answer.hpp"
#include "tools/trace/carrier.hpp"
#include "tools/trace/lab_atlas.hpp"

namespace flatlan::trace {
namespace {

/// What the lab's tunnels that are programs of ours have dropped so far.
Result<std::map<PlaceId, Counters>> read_tunnel_drops(const lab::LabEntry& lab,
                                                      const LabPlaces& places) {
    FLATLAN_TRY(status, lab::get_status(lab));
    std::map<PlaceId, Counters> drops;
    for (const lab::NodeStatus& node : status.nodes) {
        const auto place = places.find("node/" + node.name.text());
        if (place && node.tunnel) drops[*place] = tunnel_drops(*node.tunnel);
    }
    return drops;
}

/// All that traces in a lab go over.
struct LabGrounds {
    LabPlaces places;
    Grounds grounds;

    LabGrounds(const lab::LabEntry& lab, LabPlaces opened)
        : places{std::move(opened)}, grounds{places.atlas, places.networks, {}} {
        const bool any_opaque = std::ranges::any_of(places.atlas.places, [](const Place& place) {
            return place.kind == PlaceKind::node && place.carrier == Carrier::opaque;
        });
        if (any_opaque)
            grounds.tunnel_drops = [this, &lab] { return read_tunnel_drops(lab, places); };
    }
    LabGrounds(const LabGrounds&) = delete;
    LabGrounds& operator=(const LabGrounds&) = delete;
};

/// The pods that were there in `before` and are not any more, or about to go.
std::vector<std::string> removed_since(const lab::LabStatus& before, const lab::LabStatus& after) {
    std::vector<std::string> removed;
    for (const lab::PodStatus& pod : before.pods) {
        const auto now = std::ranges::find(after.pods, pod.name, &lab::PodStatus::name);
        if (now == after.pods.end() || now->netns_inode != pod.netns_inode ||
            now->state == lab::Phase::terminating)
            removed.push_back(to_string(pod.name));
    }
    return removed;
}

probe::Explanation was_removed(const std::string& pod) {
    return {.verdict = probe::Verdict::pod_missing,
            .hop = pod,
            .evidence = pod + " was removed meanwhile",
            .mend = {}};
}

/// A pod that goes takes its devices with it, one by one: what was seen of that is no fault.
Result<void> excuse_removed_pods(const lab::LabEntry& lab, const lab::LabStatus& before,
                                 std::span<const probe::Member> members,
                                 std::span<const probe::Failure> failures,
                                 Attribution& attribution) {
    FLATLAN_TRY(after, lab::get_status(lab));
    for (const std::string& pod : removed_since(before, after)) {
        const probe::Explanation& text = attribution.texts.emplace_back(was_removed(pod));
        for (std::size_t i = 0; i < failures.size(); ++i) {
            const probe::Pair& pair = failures[i].pair;
            if (members[pair.from.value()].name == pod || members[pair.to.value()].name == pod)
                attribution.of_failure[i] = &text;
        }
    }
    return success();
}

Result<void> excuse_removed_ends(const lab::LabEntry& lab, const lab::LabStatus& before,
                                 TraceReport& report) {
    if (report.delivered()) return success();
    FLATLAN_TRY(after, lab::get_status(lab));
    for (const std::string& pod : removed_since(before, after)) {
        if (pod != report.from && pod != report.to) continue;
        report.verdict = probe::Verdict::pod_missing;
        report.hop = pod;
        report.reason = pod + " was removed while it was traced";
        report.evidence = {"the lab has no such pod any more"};
        report.mend = std::string{mend_for(report.verdict)};
    }
    return success();
}

}  // namespace

Result<Attribution> explain_failures(const lab::LabEntry& lab, const lab::LabStatus& status,
                                     std::span<const probe::Member> members,
                                     std::span<const probe::Failure> failures) {
    FLATLAN_TRY(places, places_of_lab(lab, status));
    const LabGrounds ground{lab, std::move(places)};
    KernelInquiry inquiry{ground.places.atlas, ground.places.networks};
    FLATLAN_TRY(attribution, attribute(ground.places.atlas, inquiry, members, failures,
                                       [&](PlaceId from, PlaceId to,
                                           const probe::Lane& lane) -> Result<TraceReport> {
                                           FLATLAN_TRY(traced, trace(ground.grounds, inquiry,
                                                                     {.from = from,
                                                                      .to = to,
                                                                      .family = lane.family,
                                                                      .protocol = lane.protocol}));
                                           return std::move(traced.report);
                                       }));
    FLATLAN_TRY_VOID(excuse_removed_pods(lab, status, members, failures, attribution));
    return std::move(attribution);
}

Result<TraceAnswer> trace_lab(const lab::LabEntry& lab, const lab::LabStatus& status,
                              const TraceWanted& wanted) {
    FLATLAN_TRY(places, places_of_lab(lab, status));
    const LabGrounds ground{lab, std::move(places)};
    const auto from = ground.places.find(wanted.from);
    const auto to = ground.places.find(wanted.to);
    if (!from || !to)
        return Error{ErrorCode::not_found,
                     "lab " + lab.name.text() + " has no " + (from ? wanted.to : wanted.from)};
    KernelInquiry inquiry{ground.places.atlas, ground.places.networks};
    FLATLAN_TRY(traced, trace(ground.grounds, inquiry,
                              {.from = *from,
                               .to = *to,
                               .family = wanted.family,
                               .protocol = wanted.protocol,
                               .service = wanted.service,
                               .keep_frames = wanted.keep_frames}));
    FLATLAN_TRY_VOID(excuse_removed_ends(lab, status, traced.report));
    TraceAnswer answer{std::move(traced.report)};
    if (wanted.keep_frames) answer.capture = capture_of(ground.places.atlas, traced.frames);
    return answer;
}

}  // namespace flatlan::trace
