#include "tests/property/ipam/random_cluster.hpp"

#include <gtest/gtest.h>

#include <set>

namespace flatlan::ipam {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNodes = 12;
constexpr std::uint64_t kPods = 1200;            // some more than there are addresses
constexpr std::uint64_t kTideOperations = 4000;  // the cluster fills and empties by turns

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }

ClusterPools make_pools() {
    return ClusterPools::from({PoolSpec::from(prefix("10.244.0.0/23"), 28).value(),
                               PoolSpec::from(prefix("10.250.0.0/25"), 28).value(),
                               PoolSpec::from(prefix("fd00:10:244::/119"), 124).value()})
        .value();
}

LeaseKey pod(std::uint64_t number) {
    return LeaseKey::from("net", "pod" + std::to_string(number), "eth0").value();
}

/// The store's answer is the model's: both a value, or both a refusal for the same reason.
template <typename T, typename Expected>
void same(const Result<T>& got, const NodeModel::Answer<Expected>& expected) {
    if (expected.refused) {
        ASSERT_FALSE(got) << "should be refused: " << to_string(*expected.refused);
        EXPECT_EQ(got.error().code(), *expected.refused) << got.error().text();
        return;
    }
    ASSERT_TRUE(got) << got.error().to_string();
    if constexpr (!std::is_void_v<T>) {
        EXPECT_EQ(got.value(), expected.value);
    }
}
void same(const Result<void>& got, std::optional<ErrorCode> refused) {
    same(got, NodeModel::Answer<bool>{true, refused});
}

}  // namespace

PoolRules random_cluster_rules() {
    return {.excluded = {prefix("10.244.0.0/30"), prefix("fd00:10:244::/127")},
            .reserved = {prefix("10.244.0.16/29"), prefix("10.250.0.127/32")},
            .cool_down = 60s};
}

RandomCluster::RandomCluster(std::uint64_t seed, Instant& clock, MakeStore make_store, bool lasting)
    : pools_{make_pools()},
      chance_{seed},
      now_{clock},
      make_store_{std::move(make_store)},
      lasting_{lasting} {
    for (std::size_t i = 0; i < kNodes; ++i)
        nodes_.push_back({NodeName::from("n" + std::to_string(i)).value(), make_store_(i),
                          NodeModel{random_cluster_rules()}, BlockLedger{pools_}});
}

void RandomCluster::step() {
    const bool filling = (steps_++ / kTideOperations) % 2 == 0;
    Node& node = nodes_[chance_.below(kNodes)];
    const std::uint64_t draw = chance_.below(1000);
    if (draw < 780)
        chance_.chance(filling ? 7 : 4, 10) ? allocate(node) : release(node);
    else if (draw < 860)
        ask_for_an_address(node);
    else if (draw < 920)
        claim_if_wanted(node);
    else if (draw < 960)
        move_the_clock();
    else if (draw < 975)
        drop_a_block(node);
    else if (draw < 978)
        revoke_a_block(node);
    else if (draw < 985)
        contradict(node);
    else if (draw < 995)
        compare(node);
    else
        start_anew(node);
}

void RandomCluster::compare_all() {
    std::set<IpAddress> given;
    for (Node& node : nodes_) {
        compare(node);
        for (const auto& [key, lease] : node.model.leases())
            for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
                const auto address = lease.addresses.find(family);
                EXPECT_TRUE(!address || given.insert(*address).second)
                    << to_string(*address) << " is given twice in the cluster";
            }
    }
}

AddressRequest RandomCluster::random_request() {
    const std::uint64_t families = chance_.below(20);
    return {.ipv4 = families != 1,
            .ipv6 = families != 2 && families != 3,
            .origin = {{}, NetnsInode{chance_.below(1 << 20)}}};
}

IpAddress RandomCluster::random_address() {
    const PoolSpec& pool = pools_.pools()[chance_.below(pools_.pools().size())];
    return pool.cluster().at(chance_.below(std::uint64_t{1} << pool.cluster().host_bits()));
}

void RandomCluster::allocate(Node& node) {
    const LeaseKey key = pod(chance_.below(kPods));
    const AddressRequest request = random_request();
    same(node.store->allocate(key, request), node.model.allocate(key, request));
}

void RandomCluster::ask_for_an_address(Node& node) {
    const LeaseKey key = pod(chance_.below(kPods));
    AddressRequest request = random_request();
    if (chance_.chance(1, 2)) request.ipv4 = request.ipv6 = false;
    request.wanted.set(random_address());
    if (chance_.chance(1, 4)) request.wanted.set(random_address());
    same(node.store->allocate(key, request), node.model.allocate(key, request));
}

void RandomCluster::release(Node& node) {
    // Mostly one that has a lease.
    LeaseKey key = pod(chance_.below(kPods));
    if (!node.model.leases().empty() && chance_.chance(9, 10)) {
        const auto near = node.model.leases().lower_bound(key);
        key = near == node.model.leases().end() ? node.model.leases().begin()->first : near->first;
    }
    const auto got = node.store->release(key);
    ASSERT_TRUE(got);
    EXPECT_EQ(got.value(), node.model.release(now_, key));
    EXPECT_FALSE(node.store->find(key).value());
}

/// Claims as nodes do, each by what it has heard, until the registry agrees.
void RandomCluster::claim_if_wanted(Node& node) {
    const IpFamily family = chance_.chance(1, 2) ? IpFamily::ipv4 : IpFamily::ipv6;
    const bool wants = node.model.wants_block(now_, family);
    EXPECT_EQ(node.store->wants_block(family).value(), wants);
    if (!wants) return;
    const auto order = chance_.chance(1, 2) ? ClaimOrder::lowest : ClaimOrder::spread;
    while (const auto block = node.ledger.choose(family, order, node.name)) {
        ASSERT_NE(pools_.find_block(*block), nullptr) << to_string(*block);
        const auto [claim, claimed] = registry_.try_emplace(
            *block, BlockClaim{*block, {node.name, Incarnation{1}}, ClaimState::confirmed});
        node.ledger.put(claim->second);
        if (!claimed) continue;
        same(node.store->hold_block(*block), node.model.hold_block(*block));
        if (chance_.chance(1, 50)) return;  // a crash before the claim is confirmed
        return same(node.store->serve_block(*block), node.model.serve_block(*block));
    }
    check_that_all_are_claimed(node, family);
}

void RandomCluster::check_that_all_are_claimed(Node& node, IpFamily family) {
    std::size_t there = 0;
    std::size_t claimed = 0;
    for (const PoolSpec& pool : pools_.pools())
        if (pool.family() == family) there += pool.block_count();
    for (const auto& [block, claim] : registry_)
        if (block.family() == family) ++claimed;
    // Blocks that were given back are not heard of here: then all are read anew.
    if (claimed == there) return;
    node.ledger.clear();
    for (const auto& [block, claim] : registry_)
        node.ledger.put(claim);
    EXPECT_TRUE(node.ledger.choose(family, ClaimOrder::lowest, node.name)) << "a block is free";
}

void RandomCluster::move_the_clock() {
    const auto seconds = std::chrono::seconds{chance_.below(30)};
    now_ = chance_.chance(1, 10) ? now_ - seconds : now_ + seconds;
}

std::optional<IpPrefix> RandomCluster::random_block(const Node& node) {
    const auto blocks = node.model.blocks();
    if (blocks.empty()) return std::nullopt;
    return blocks[chance_.below(blocks.size())];
}

void RandomCluster::drop_a_block(Node& node) {
    const auto block = random_block(node);
    if (!block) return;
    const auto refused = node.model.remove_block(*block);
    same(node.store->remove_block(*block), refused);
    if (refused) return;
    registry_.erase(*block);
    node.ledger.remove(*block);
}

void RandomCluster::revoke_a_block(Node& node) {
    const auto block = random_block(node);
    if (!block) return;
    same(node.store->revoke_block(*block), node.model.revoke_block(*block));
    registry_.erase(*block);
    node.ledger.remove(*block);
}

/// What a confused caller asks: blocks that are not the node's or overlap one that is.
void RandomCluster::contradict(Node& node) {
    const IpPrefix stranger = prefix("10.9.0.0/28");
    same(node.store->serve_block(stranger), node.model.serve_block(stranger));
    same(node.store->remove_block(stranger), node.model.remove_block(stranger));
    same(node.store->revoke_block(stranger), node.model.revoke_block(stranger));
    const auto block = random_block(node);
    if (!block) return;
    const IpPrefix wider = IpPrefix::containing(block->address(), block->length_bits() - 1);
    same(node.store->hold_block(wider), node.model.hold_block(wider));
    same(node.store->hold_block(*block), node.model.hold_block(*block));
}

void RandomCluster::start_anew(Node& node) {
    if (!lasting_) return;
    const auto index = static_cast<std::size_t>(&node - nodes_.data());
    node.store.reset();
    node.store = make_store_(index);
    compare(node);
}

void RandomCluster::compare(Node& node) {
    const auto got = node.store->view();
    ASSERT_TRUE(got) << got.error().to_string();
    const PoolView expected = node.model.view(now_);
    EXPECT_EQ(got.value().blocks, expected.blocks);
    EXPECT_EQ(got.value().leases, expected.leases);
}

}  // namespace flatlan::ipam
