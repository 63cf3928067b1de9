#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "overlay/registry/registry.hpp"

namespace flatlan::registry {

class EtcdConnection;

/// A watch with a thread of its own that reads etcd's stream. When the stream breaks it begins a
/// new one behind the last revision that it has seen; it has a gap when etcd has compacted that,
/// or is not the cluster that it was.
std::unique_ptr<Watch> make_etcd_watch(EtcdConnection& connection, std::string_view prefix,
                                       Revision after, std::function<void()> on_ready);

}  // namespace flatlan::registry
