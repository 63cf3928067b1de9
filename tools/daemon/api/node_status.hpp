#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipam/block_claim.hpp"
#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/result.hpp"

/// The values that `flatland` answers with on its socket (daemon_client.hpp) and their JSON.
/// Reading fails with code corrupt when the text is not what to_json makes.
namespace flatlan::daemon {

/// A node as its daemon knows it: the answer of `flatlan node status`,
/// tools/cli/schema/node-status.json.
struct NodeStatus {
    /// Another node of the cluster, as the registry tells of it.
    struct Other {
        std::string name;
        bool ready = false;    ///< it gives signs of life, and can be reached
        std::string reason{};  ///< why not
        std::string underlay{};
        IpAddresses overlay{};
        std::vector<IpPrefix> blocks{};
        /// What its way on the underlay passes, where that is less than the cluster's promises.
        std::optional<std::uint64_t> narrow_mtu{};
    };
    /// How long ago the registry confirmed this node's blocks, and what depends on it; in seconds.
    struct Confirmation {
        std::optional<std::uint64_t> age_s{};            ///< none: never in this boot
        std::optional<std::uint64_t> offline_max_s{};    ///< then no pod can be added; none: never
        std::optional<std::uint64_t> reclaim_after_s{};  ///< then others take the blocks
    };

    std::string node;
    std::string cluster;
    bool ready = false;      ///< pods can be added
    std::string reason{};    ///< why not, or what is wrong all the same
    std::string registry{};  ///< "etcd http://10.0.0.1:2379" or "database FILE"
    Confirmation confirmed{};
    std::uint64_t epoch = 0;
    bool claims_paused = false;          ///< until all members have published their blocks again
    std::vector<std::string> awaited{};  ///< those that have not
    std::string backend{};
    std::string underlay{};
    std::string interface {};
    IpAddresses overlay{};
    std::vector<IpPrefix> blocks{};
    std::string database{};  ///< of its leases
    std::uint64_t leased = 0;
    std::uint64_t free = 0;           ///< addresses, those that rest among them
    std::vector<std::string> lost{};  ///< keys of leases whose addresses other nodes may have now
    std::uint64_t repairs = 0;
    std::vector<Other> nodes{};  ///< by name
};

std::string to_json(const NodeStatus& status);
/// tools/cli/schema/node-other.json
std::string to_json(const NodeStatus::Other& node);
Result<NodeStatus> node_status_from_json(std::string_view text);

/// What the registry has of one node's claims and of what is not its own, for a rebuild of its
/// leases.
struct NodeClaims {
    std::string node;
    std::string database;
    std::optional<ipam::Incarnation> incarnation{};  ///< of the newest of them; none: no claim
    std::vector<IpPrefix> blocks{};                  ///< confirmed, and of that incarnation

    /// A block that another node has, or is about to.
    struct Foreign {
        std::string node;
        IpPrefix block;
        friend bool operator==(const Foreign&, const Foreign&) = default;
    };
    std::vector<Foreign> foreign{};
};

std::string to_json(const NodeClaims& claims);
Result<NodeClaims> node_claims_from_json(std::string_view text);

/// What became of a node that was removed: tools/cli/schema/node-remove.json.
struct NodeRemoved {
    std::string node;
    std::vector<IpPrefix> blocks{};  ///< that it had
};

std::string to_json(const NodeRemoved& removed);
Result<NodeRemoved> node_removed_from_json(std::string_view text);

}  // namespace flatlan::daemon
