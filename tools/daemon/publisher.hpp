#pragma once

#include <string>

#include "ipam/lease_store.hpp"
#include "overlay/node/published/node_file.hpp"

namespace flatlan::daemon {

/// Tells flatlan-cni and container runtimes of this node, once pods can be added: node.json, and
/// the CNI configuration where it is wanted. What was told stays when the daemon ends.
class Publisher {
public:
    struct Options {
        std::filesystem::path node_file;
        std::filesystem::path conflist;  ///< empty: none
        std::string cni_network;
    };
    Publisher(Options options, ipam::LeaseStore& leases)
        : options_{std::move(options)}, leases_{leases} {}

    /// Writes node.json unless the one that is there says the same. The configuration is written
    /// for the first time when each family has an address to give, and again whenever its text is
    /// another one than the settings make; says by `true` that it was.
    Result<bool> publish(const node::NodeFile& file);

    /// Whether both are there, perhaps older ones, by which pods can be added.
    bool is_published() const;

    void set_conflist(std::filesystem::path conflist, std::string cni_network) {
        options_.conflist = std::move(conflist);
        options_.cni_network = std::move(cni_network);
    }

private:
    Result<bool> has_room(const node::NodeFile& file);

    Options options_;
    ipam::LeaseStore& leases_;
};

}  // namespace flatlan::daemon
