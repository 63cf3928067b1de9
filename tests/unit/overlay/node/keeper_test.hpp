#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overlay/registry/memory_registry.hpp"
#include "tests/support/emulated_node.hpp"

namespace flatlan::node {

/// A cluster whose time moves when the test says so.
struct KeeperTest : testing::Test {
    support::EmulatedNode& add(const std::string& name) {
        nodes.push_back(
            std::make_unique<support::EmulatedNode>(name, *registry, pools, nodes.size()));
        return *nodes.back();
    }
    void pass(Duration span) {
        now = now + span;
        registry->expire();
    }
    void expect_one_owner_each() { EXPECT_EQ(support::find_double_owner(nodes, *registry), ""); }
    std::optional<control::EpochRecord> epoch() {
        const auto record =
            registry->get(control::MemberKeys{support::test_keys()}.epoch()).value();
        if (!record) return std::nullopt;
        return control::epoch_from_record(record->value).value();
    }
    /// Another registry that knows nothing takes the place of the one that was.
    void lose_registry() {
        auto next = std::make_unique<registry::MemoryRegistry>(
            registry::MemoryRegistry::Options{.clock = [this] { return now; }, .cluster = 2});
        for (auto& node : nodes)
            node->restart(*next);
        registry = std::move(next);
    }

    Instant now;
    std::unique_ptr<registry::MemoryRegistry> registry = std::make_unique<registry::MemoryRegistry>(
        registry::MemoryRegistry::Options{.clock = [this] { return now; }});
    ipam::ClusterPools pools = support::pools_of("10.244.0.0/20");
    std::vector<std::unique_ptr<support::EmulatedNode>> nodes;
};

}  // namespace flatlan::node
