#include "tools/trace/lab_trace.hpp"

#include "tools/trace/answer.hpp"
#include "tools/trace/lab_atlas.hpp"

namespace flatlan::trace {

Result<Attribution> explain_failures(const lab::LabEntry& lab, const lab::LabStatus& status,
                                     std::span<const probe::Member> members,
                                     std::span<const probe::Failure> failures) {
    FLATLAN_TRY(places, places_of_lab(lab, status));
    KernelInquiry inquiry{places.atlas, places.networks};
    const Grounds grounds{places.atlas, places.networks};
    return attribute(
        places.atlas, inquiry, members, failures,
        [&](PlaceId from, PlaceId to, const probe::Lane& lane) -> Result<TraceReport> {
            FLATLAN_TRY(
                traced,
                trace(grounds, inquiry,
                      {.from = from, .to = to, .family = lane.family, .protocol = lane.protocol}));
            return std::move(traced.report);
        });
}

Result<TraceReport> trace_lab(const lab::LabEntry& lab, const lab::LabStatus& status,
                              const TraceWanted& wanted) {
    FLATLAN_TRY(places, places_of_lab(lab, status));
    const auto from = places.find(wanted.from);
    const auto to = places.find(wanted.to);
    if (!from || !to)
        return Error{ErrorCode::not_found,
                     "lab " + lab.name.text() + " has no " + (from ? wanted.to : wanted.from)};
    KernelInquiry inquiry{places.atlas, places.networks};
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
