#pragma once

#include <string>

#include "overlay/lab/machine/trial.hpp"

namespace flatlan::lab {

/// Runs one container, whose program is true(1), with the OCI runtime at `program` (runc, crun or
/// another one of their flags), in namespaces of its own. `with_rights` as in try_features.
Trial try_runtime(const std::string& program, bool with_rights);

/// Maps one further user id with newuidmap(1) at `program`: `subuid`, which /etc/subuid must grant
/// to this user.
Trial try_newuidmap(const std::string& program, unsigned long subuid);

/// Where PATH has a program of that name; empty: nowhere.
std::string find_program(const std::string& name);

}  // namespace flatlan::lab
