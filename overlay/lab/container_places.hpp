#pragma once

#include "overlay/lab/runtime_directory.hpp"
#include "overlay/pod/container/pod_launch.hpp"

namespace flatlan::lab {

/// Where this process, the supervisor of a lab, makes containers. The group of processes that it
/// will use as root is named after its PID namespace, so that no other lab has it.
pod::ContainerPlaces container_places(const RuntimeDirectory& runtime, const LabName& lab);

}  // namespace flatlan::lab
