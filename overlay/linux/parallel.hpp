#pragma once

#include <cstddef>
#include <functional>

#include "overlay/base/result.hpp"

namespace flatlan {

/// Calls `work(index)` for each index below `count`, on as many threads as there are processors,
/// and returns when all are through. After the first Error no further index is begun; that Error is
/// returned.
///
/// For work that is the kernel's for the most part and concerns different network namespaces: each
/// call may move its thread (NamespaceScope) as long as it comes back.
Result<void> for_each_in_parallel(std::size_t count,
                                  const std::function<Result<void>(std::size_t index)>& work);

/// The same on so many threads, or as many as the machine gives: for work that waits for the
/// kernel's readers (RCU) more than it computes, such as the removal of devices.
Result<void> for_each_on_threads(std::size_t threads, std::size_t count,
                                 const std::function<Result<void>(std::size_t index)>& work);

}  // namespace flatlan
