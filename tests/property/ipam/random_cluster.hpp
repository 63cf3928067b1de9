#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ipam/block_ledger.hpp"
#include "ipam/lease_store.hpp"
#include "overlay/base/prng.hpp"
#include "tests/property/ipam/node_model.hpp"

namespace flatlan::ipam {

/// Exclusions and reservations of the nodes' pools.
PoolRules random_cluster_rules();

/// A cluster whose nodes keep their leases in stores of one kind. Makes one random operation at a
/// time, and holds the answer against the model's.
class RandomCluster {
public:
    using MakeStore = std::function<std::unique_ptr<LeaseStore>(std::size_t node)>;

    /// `clock` is the time for all, which the cluster moves. `make_store` is called again for a
    /// node that starts anew, if what a store has is `lasting`.
    RandomCluster(std::uint64_t seed, Instant& clock, MakeStore make_store, bool lasting);

    void step();
    /// Every node against its model; and no address twice in the cluster.
    void compare_all();

private:
    struct Node {
        NodeName name;
        std::unique_ptr<LeaseStore> store;
        NodeModel model;
        BlockLedger ledger;  ///< what this node has heard of the others' claims
    };

    AddressRequest random_request();
    IpAddress random_address();
    std::optional<IpPrefix> random_block(const Node& node);

    void allocate(Node& node);
    void ask_for_an_address(Node& node);
    void release(Node& node);
    void claim_if_wanted(Node& node);
    void check_that_all_are_claimed(Node& node, IpFamily family);
    void move_the_clock();
    void drop_a_block(Node& node);
    void revoke_a_block(Node& node);
    void contradict(Node& node);
    void start_anew(Node& node);
    void compare(Node& node);

    const ClusterPools pools_;
    Prng chance_;
    Instant& now_;
    MakeStore make_store_;
    bool lasting_;
    std::uint64_t steps_ = 0;
    std::vector<Node> nodes_;
    std::map<IpPrefix, BlockClaim> registry_;  ///< who has which block, as all agree
};

}  // namespace flatlan::ipam
