#pragma once

#include <filesystem>
#include <string>

#include "overlay/base/ip_address.hpp"
#include "overlay/lab/agents/node_machine.hpp"

namespace flatlan::lab {

/// One pod, as a container runtime names it to a CNI plugin.
struct CniContainer {
    std::string id;
    std::string netns;  ///< path on the node
    std::string pod{};  ///< "namespace/name", as Kubernetes would tell it; empty: not told
};

/// The runtime's part of CNI on a node: calls its plugin by the configuration that the node's
/// daemon has written.
class CniCaller {
public:
    /// `conflist` is below the node's /run. `machine` is the caller's.
    CniCaller(const NodeMachine& machine, std::filesystem::path plugin, std::string conflist)
        : machine_{machine}, plugin_{std::move(plugin)}, conflist_{std::move(conflist)} {}

    /// Gives the container its interface `eth0`. Error: what the plugin says; unavailable where a
    /// later try may succeed (CNI's code 11).
    Result<IpAddresses> add(const CniContainer& container) const;
    /// Takes it away; succeeds when it is gone.
    Result<void> del(const CniContainer& container) const;

private:
    Result<std::string> call(const std::string& command, const CniContainer& container) const;

    const NodeMachine& machine_;
    std::filesystem::path plugin_;
    std::string conflist_;
};

}  // namespace flatlan::lab
