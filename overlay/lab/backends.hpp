#pragma once

#include <cstddef>
#include <memory>

#include "overlay/linux/namespace.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::lab {

/// The backend of that kind for the node whose network namespace `network` is. Error unsupported
/// for a kind that this version has not, or what the kernel says.
Result<std::unique_ptr<tunnel::Backend>> make_backend(tunnel::BackendKind kind,
                                                      const Namespace& network);

/// How many descriptors a backend of that kind keeps open.
std::size_t descriptors_of(tunnel::BackendKind kind);

}  // namespace flatlan::lab
