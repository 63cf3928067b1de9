#pragma once

#include <string_view>

#include "tools/cni/configuration.hpp"

namespace flatlan::cni {

/// Gathers which addresses a container is to have: from `runtimeConfig` (`ips`, `mac`), from
/// `args.cni.ips` of the configuration, and from CNI_ARGS (`IP=`, `MAC=`; podman writes them there
/// even where the capabilities are declared). An address may have a prefix length, which says
/// nothing here. Other arguments are others' business.
///
/// Errors: invalid_configuration or invalid_environment for what is no address, and for two wishes
/// of one kind that differ.
Outcome<Wishes> wishes_of(std::string_view configuration_json, std::string_view arguments);

}  // namespace flatlan::cni
