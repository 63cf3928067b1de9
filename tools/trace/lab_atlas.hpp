#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/probe/trace/atlas.hpp"

/// Traces through a lab: its places, and how the answer is told.
namespace flatlan::trace {

/// A lab's pods, nodes and underlay, in this order, and the namespace of each.
struct LabPlaces {
    Atlas atlas;
    std::vector<std::optional<Namespace>> networks;

    /// By its name: "default/web", "node/n1".
    std::optional<PlaceId> find(const std::string& name) const;
};

/// What the lab should be; pure.
Atlas atlas_of(const lab::LabStatus& status);

/// The same with the namespaces. Moves this process into the lab's user namespace: it must have one
/// thread.
Result<LabPlaces> places_of_lab(const lab::LabEntry& lab, const lab::LabStatus& status);

}  // namespace flatlan::trace
