#pragma once

#include <optional>
#include <string>

#include "overlay/lab/api_values.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::lab {

/// Host name and System V objects of a pod or node, made when the first command is run in it: most
/// are never asked for, and a namespace costs.
class LazyIdentity {
public:
    explicit LazyIdentity(std::string host_name) : host_name_{std::move(host_name)} {}
    /// The descriptors of both namespaces and of `network`.
    Result<SandboxDescriptors> descriptors(const Namespace& network);

private:
    std::string host_name_;
    std::optional<Namespace> uts_;
    std::optional<Namespace> ipc_;
};

}  // namespace flatlan::lab
