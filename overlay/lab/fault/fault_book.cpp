#include "overlay/lab/fault/fault_book.hpp"

#include <algorithm>

namespace flatlan::lab {

Result<FaultRecord> FaultBook::add(const LabStatus& lab, const FaultRequest& request) {
    FLATLAN_TRY(kind, find_fault_kind(request));
    FLATLAN_TRY(scene, Scene::open(lab, request, next_number_));
    if (scene.has_towards() && scene.destinations().empty())
        return Error{ErrorCode::invalid_argument,
                     request.towards + " has no address of a family that is meant"}
            .within(request.fault + " at " + request.at)
            .expecting("a pod or a node, and a family that the lab has");
    Fault fault{.record = {next_number_, request, {}},
                .kind = kind,
                .node = scene.at().node,
                .whole = {},
                .broken = {},
                .undo = {}};
    FLATLAN_TRY(whole, PlaceTables::read(scene.netlink()));
    fault.whole = std::move(whole);
    auto made = kind->make(scene);
    FLATLAN_TRY(broken, PlaceTables::read(scene.netlink()));
    fault.broken = std::move(broken);
    ++next_number_;
    if (!made) {
        // The first error is what a person has to know.
        static_cast<void>(take_away(lab, fault));
        return std::move(made).error().within(request.fault + " at " + request.at);
    }
    fault.record.made = std::move(made.value().what);
    fault.undo = std::move(made.value().undo);
    faults_.push_back(std::move(fault));
    return faults_.back().record;
}

Result<FaultRecord> FaultBook::remove(const LabStatus& lab, unsigned number) {
    const auto at = std::ranges::find_if(
        faults_, [&](const Fault& fault) { return fault.record.number == number; });
    if (at == faults_.end())
        return Error{ErrorCode::not_found, "no fault has the number " + std::to_string(number)}
            .expecting("one that flatlan fault ls shows");
    FLATLAN_TRY_VOID(take_away(lab, *at));
    FaultRecord record = std::move(at->record);
    faults_.erase(at);
    return record;
}

Result<void> FaultBook::take_away(const LabStatus& lab, const Fault& fault) {
    const FaultRequest place{.fault = fault.record.request.fault, .at = fault.record.request.at};
    auto scene = Scene::open(lab, place, fault.record.number);
    if (!scene && scene.error().code() == ErrorCode::not_found) return success();
    if (!scene) return std::move(scene).error();
    if (fault.undo) FLATLAN_TRY_VOID(fault.undo(scene.value().network(), scene.value().netlink()));
    if (fault.kind->remakes_tunnel) return repair_(fault.node);
    return put_back(scene.value().netlink(), fault.whole, fault.broken);
}

std::vector<FaultRecord> FaultBook::list() const {
    std::vector<FaultRecord> records;
    for (const Fault& fault : faults_)
        records.push_back(fault.record);
    return records;
}

}  // namespace flatlan::lab
