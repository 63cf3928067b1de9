#include "tools/trace/lab_trace.hpp"

#include "tools/trace/answer.hpp"
#include "tools/trace/lab_atlas.hpp"

#include <algorithm>
#include <map>

namespace flatlan::trace {
namespace {

/// Of so many nodes the tunnels are looked at: enough to see which one is unlike the others.
constexpr std::size_t kNodesAsked = 8;

/// VNI and port are what most nodes have.
void learn_tunnel(Atlas& atlas, Inquiry& inquiry) {
    std::map<std::pair<Vni, Port>, std::size_t> votes;
    std::size_t asked = 0;
    for (std::uint32_t i = 0; i < atlas.places.size() && asked < kNodesAsked; ++i) {
        const Place& place = atlas.places[i];
        if (place.kind != PlaceKind::node || !place.present) continue;
        ++asked;
        const auto facts = inquiry.facts(PlaceId{i});
        const LinkFacts* const tunnel = facts ? facts.value()->vxlan_link() : nullptr;
        if (tunnel != nullptr) ++votes[{tunnel->vxlan->vni, tunnel->vxlan->port}];
    }
    const auto most =
        std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
    if (most == votes.end()) return;
    atlas.vni = most->first.first;
    atlas.tunnel_port = most->first.second;
}

}  // namespace

Result<TraceReport> trace_lab(const lab::LabEntry& lab, const lab::LabStatus& status,
                              const TraceWanted& wanted) {
    FLATLAN_TRY(places, places_of_lab(lab, status));
    const auto from = places.find(wanted.from);
    const auto to = places.find(wanted.to);
    if (!from || !to)
        return Error{ErrorCode::not_found,
                     "lab " + lab.name.text() + " has no " + (from ? wanted.to : wanted.from)};
    KernelInquiry inquiry{places.networks};
    learn_tunnel(places.atlas, inquiry);
    FLATLAN_TRY(traced, trace({places.atlas, places.networks}, inquiry,
                              {.from = *from,
                               .to = *to,
                               .family = wanted.family,
                               .protocol = wanted.protocol,
                               .service = wanted.service,
                               .keep_frames = !wanted.capture_file.empty()}));
    if (!wanted.capture_file.empty())
        FLATLAN_TRY_VOID(write_capture(wanted.capture_file, places.atlas, traced.frames));
    return std::move(traced.report);
}

}  // namespace flatlan::trace
