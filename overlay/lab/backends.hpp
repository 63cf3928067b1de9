#pragma once

#include <memory>

#include "overlay/linux/namespace.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::lab {

/// The backend of that kind for the node whose network namespace `network` is. Error unsupported
/// for a kind that this version has not, or what the kernel says.
Result<std::unique_ptr<tunnel::Backend>> make_backend(tunnel::BackendKind kind,
                                                      const Namespace& network);

}  // namespace flatlan::lab
