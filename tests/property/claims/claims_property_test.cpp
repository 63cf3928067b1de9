// A registry that misbehaves in every way it can, while nodes claim, crash and are cut off: no
// block ever serves on two nodes, and once all is well again every node can claim.
#include <gtest/gtest.h>

#include <algorithm>

#include "overlay/base/prng.hpp"
#include "overlay/node/node_removal.hpp"
#include "overlay/registry/memory_registry.hpp"
#include "tests/support/emulated_node.hpp"
#include "tests/support/rounds.hpp"

namespace flatlan::node {
namespace {

using namespace std::chrono_literals;
using registry::MemoryRegistry;
using support::Cut;
using support::EmulatedNode;
using support::Misbehaviour;

constexpr std::size_t kNodes = 8;
constexpr unsigned kActions = 400;
constexpr unsigned kMisbehaviour = 60;  // in a thousand, of each kind but slowness: time is virtual
constexpr unsigned kStepsToClaim = 4;   // of a node, once its connection behaves

Misbehaviour all_but_slowness() {
    Misbehaviour odds = Misbehaviour::all(kMisbehaviour);
    odds.slow_answer = 0;
    return odds;
}

/// Nodes and a registry in virtual time, moved by chance.
class ClaimWorld {
public:
    explicit ClaimWorld(std::uint64_t seed, std::string_view prefix = "10.244.0.0/16",
                        control::Borrowing borrowing = control::Borrowing::none)
        : chance_{seed}, pools_{support::pools_of(prefix)} {
        for (std::size_t i = 0; i < kNodes; ++i) {
            nodes_.push_back(std::make_unique<EmulatedNode>("n" + std::to_string(i), *registry_,
                                                            pools_, seed * kNodes + i));
            nodes_.back()->borrowing = borrowing;
            nodes_.back()->restart(*registry_, all_but_slowness());
        }
    }

    void act() {
        now_ = now_ + std::chrono::milliseconds{chance_.below(2'000)};
        registry_->expire();
        EmulatedNode& node = *nodes_[chance_.below(kNodes)];
        const auto what = chance_.below(100);
        if (what < 60)
            (void)node.step(now_);  // may fail: the connection misbehaves
        else if (what < 85)
            add_pods(node, 1 + chance_.below(30));
        else if (what < 90)
            node.connection().cut(
                std::array{Cut::none, Cut::both, Cut::requests, Cut::answers}[chance_.below(4)]);
        else if (what < 94)
            node.restart(*registry_, all_but_slowness());
        else if (what < 97)
            registry_->forget_history();
        else if (what < 98)
            lose_a_claim();
        else
            now_ = now_ + 1min;  // sessions end
    }

    /// Most pods of the node that has most blocks end, and have rested when all nodes look again,
    /// of which each has got full. Says whether it has given a block to others.
    bool shrink() {
        const auto richest = std::max_element(
            nodes_.begin(), nodes_.end(), [](const auto& poorer, const auto& richer) {
                return poorer->serving().size() < richer->serving().size();
            });
        const std::size_t before = (*richest)->serving().size();
        for (auto& node : nodes_)
            add_pods(*node, 64 * kNodes);
        (*richest)->end_pods(16);
        now_ = now_ + 2min;
        step_all();
        step_all();
        return (*richest)->serving().size() < before;
    }

    void heal() {
        for (auto& node : nodes_) {
            node->connection().cut(Cut::none);
            node->connection().behave();
        }
    }
    void step_all() {
        for (unsigned round = 0; round < kStepsToClaim; ++round)
            for (auto& node : nodes_) {
                (void)node->step(now_);
                ASSERT_EQ(served_twice(), "") << "after a step of " << node->name().text();
            }
    }
    /// Whether each node claims a further block when it needs one.
    std::string claim_everywhere() {
        step_all();
        for (auto& node : nodes_) {
            const std::size_t before = node->serving().size();
            add_pods(*node, 64 * (before + 1));
            for (unsigned step = 0; step < kStepsToClaim; ++step)
                (void)node->step(now_);
            if (node->serving().size() <= before) return node->name().text() + " claims nothing";
        }
        return {};
    }

    /// Two nodes that serve one block, or empty. The registry is not asked: at this moment it may
    /// be right or wrong.
    std::string served_twice() {
        std::map<IpPrefix, NodeName> owners;
        for (const auto& node : nodes_)
            for (const IpPrefix& block : node->serving())
                if (const auto [at, is_first] = owners.emplace(block, node->name()); !is_first)
                    return to_string(block) + " serves on " + at->second.text() + " and " +
                           node->name().text();
        return {};
    }
    std::string owned_twice() { return support::find_double_owner(nodes_, *registry_); }
    std::size_t lost() const {
        std::size_t count = 0;
        for (const auto& node : nodes_)
            count += node->lost().size();
        return count;
    }

private:
    static void add_pods(EmulatedNode& node, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i)
            if (!node.add_pod()) return;  // its blocks are full
    }
    /// As if somebody had removed the record by hand.
    void lose_a_claim() {
        const auto page = registry_->list(support::test_keys().blocks(), "", 100).value();
        if (page.records.empty()) return;
        const auto& record = page.records[chance_.below(page.records.size())];
        // Nobody may claim it before its owner looks, so that no other node is to blame.
        ASSERT_TRUE(registry_->remove(record.key, record.revision));
        heal_owner(record);
    }
    void heal_owner(const registry::Record& record) {
        const auto claim = control::claim_from_record(record.value).value();
        for (auto& node : nodes_) {
            if (node->identity() != claim.owner) continue;
            node->connection().cut(Cut::none);
            for (unsigned tries = 0; tries < 100; ++tries) {
                (void)node->step(now_);
                if (registry_->get(record.key).value()) return;
            }
        }
    }

    Prng chance_;
    Instant now_;
    std::unique_ptr<MemoryRegistry> registry_ =
        std::make_unique<MemoryRegistry>(MemoryRegistry::Options{.clock = [this] { return now_; }});
    ipam::ClusterPools pools_;
    std::vector<std::unique_ptr<EmulatedNode>> nodes_;
};

TEST(Claims, NoBlockServesOnTwoNodesWhateverTheRegistryDoes) {
    const auto worlds =
        support::rounds("claims with a registry that misbehaves: worlds", 1'000, 30);
    for (std::uint64_t seed = 0; seed < worlds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        ClaimWorld world{seed};
        for (unsigned action = 0; action < kActions; ++action) {
            world.act();
            ASSERT_EQ(world.served_twice(), "") << "after action " << action;
        }
        world.heal();
        ASSERT_EQ(world.claim_everywhere(), "");
        ASSERT_EQ(world.owned_twice(), "");
        ASSERT_EQ(world.lost(), 0U) << "no node was removed, so none may lose an address";
    }
}

TEST(Claims, NoBlockServesOnTwoNodesWhileIdleOnesChangeHands) {
    const auto worlds = support::rounds("blocks that are lent: worlds", 1'000, 6);
    std::size_t lent = 0;
    for (std::uint64_t seed = 0; seed < worlds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        // Sixteen blocks for eight nodes that each would take several.
        ClaimWorld world{seed, "10.244.0.0/22", control::Borrowing::idle_blocks};
        for (unsigned action = 0; action < kActions; ++action) {
            world.act();
            if (action % 20 == 19 && world.shrink()) ++lent;
            ASSERT_EQ(world.served_twice(), "") << "after action " << action;
        }
        world.heal();
        world.step_all();
        ASSERT_EQ(world.owned_twice(), "");
        ASSERT_EQ(world.lost(), 0U) << "no node was removed, so none may lose an address";
    }
    EXPECT_GT(lent, worlds) << "nothing changed hands: nothing was tried";
}

}  // namespace
}  // namespace flatlan::node
