#include "tools/capture/lab_capture.hpp"

#include <algorithm>

#include "overlay/linux/interrupts.hpp"
#include "tools/trace/lab_atlas.hpp"

namespace flatlan::capture {
namespace {

Result<std::vector<CapturePlace>> places_of(const trace::LabPlaces& lab,
                                            const std::vector<std::string>& wanted) {
    std::vector<CapturePlace> places;
    for (std::size_t i = 0; i < lab.networks.size(); ++i) {
        const std::string& name = lab.atlas.places[i].name;
        const bool named = std::ranges::find(wanted, name) != wanted.end();
        if (!wanted.empty() && !named) continue;
        if (lab.networks[i])
            places.push_back({name, *lab.networks[i]});
        else if (named)
            return Error{ErrorCode::not_found, name + " is gone"};
    }
    if (places.empty()) return Error{ErrorCode::not_found, "there is nothing to capture on"};
    return places;
}

}  // namespace

Result<CaptureTotals> capture_lab(const lab::LabEntry& lab, const lab::LabStatus& status,
                                  const CaptureWanted& wanted,
                                  const std::function<Result<void>(std::size_t places)>& started,
                                  const CaptureSession::Listener& listener) {
    FLATLAN_TRY(filter, PacketFilter::compile(wanted.filter));
    FLATLAN_TRY(known, trace::places_of_lab(lab, status));
    FLATLAN_TRY(places, places_of(known, wanted.places));
    const Interrupts interrupts;
    FLATLAN_TRY(session, CaptureSession::open(places, filter));
    FLATLAN_TRY_VOID(started(places.size()));
    return session.run({wanted.packets, wanted.after, interrupts.waiting().get()}, listener);
}

}  // namespace flatlan::capture
