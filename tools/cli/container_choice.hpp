#pragma once

#include <string>

#include "overlay/base/result.hpp"
#include "tools/cli/arguments.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/target.hpp"

namespace flatlan::cli {

/// "-c, --container NAME", for each verb that works on one container of a pod.
OptionUsage container_option();

/// The container that a person means: the one named, or the pod's first, which is then told to the
/// person where there are several. Error invalid_argument for a target that is no pod with
/// containers, or a name that the pod has not.
Result<std::string> choose_container(const Target& target, const std::string& name,
                                     Console& console);

}  // namespace flatlan::cli
