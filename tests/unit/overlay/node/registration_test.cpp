#include "overlay/node/registration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/node/cluster_agreement.hpp"
#include "overlay/node/node_directory.hpp"
#include "overlay/node/node_removal.hpp"
#include "overlay/registry/memory_registry.hpp"
#include "tests/support/emulated_node.hpp"

namespace flatlan::node {
namespace {

using support::EmulatedNode;
using support::test_keys;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpAddress endpoint(unsigned last) { return Ipv4Address{0xac1f'0000 + last}; }

control::NodeRecord record_of(const EmulatedNode& node, unsigned last) {
    return {node.identity().incarnation,
            {.name = node.name(),
             .endpoint = endpoint(last),
             .mac = tunnel::endpoint_mac(node.name(), Vni{1}),
             .overlay = {},
             .blocks = {}}};
}

struct RegistrationTest : testing::Test {
    EmulatedNode& add(const std::string& name) {
        nodes.push_back(std::make_unique<EmulatedNode>(name, registry, pools, ++seed));
        return *nodes.back();
    }
    /// A node that lives and has its record there.
    EmulatedNode& join(const std::string& name, unsigned last) {
        EmulatedNode& node = add(name);
        EXPECT_TRUE(node.step(now));
        Registration registration{registry, test_keys(), record_of(node, last)};
        EXPECT_TRUE(registration.publish(node.keeper().mirror(), {}));
        EXPECT_TRUE(node.step(now));
        return node;
    }
    std::vector<std::string> names(const control::Directory& directory) {
        std::vector<std::string> names;
        for (const tunnel::TunnelNode& node : directory.nodes())
            names.push_back(node.name.text());
        return names;
    }

    Instant now;
    std::uint64_t seed = 0;
    registry::MemoryRegistry registry{{.clock = [this] { return now; }}};
    ipam::ClusterPools pools = support::pools_of("10.244.0.0/20");
    std::vector<std::unique_ptr<EmulatedNode>> nodes;
};

TEST_F(RegistrationTest, RefusesTheUnderlayAddressOfALiveNode) {
    join("n1", 1);
    EmulatedNode& other = add("n2");
    Registration registration{registry, test_keys(), record_of(other, 1)};
    const auto refused = registration.check_free();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::already_exists);
    EXPECT_EQ(refused.error().to_string(),
              "endpoint: the live node 'n1' has the underlay address 172.31.0.1");
    now = now + std::chrono::hours{1};
    EXPECT_TRUE(registration.check_free()) << "its sign of life has ended";
}

TEST_F(RegistrationTest, RefusesTheNameOfALiveNodeAndNotItsOwn) {
    EmulatedNode& node = join("n1", 1);
    EmulatedNode& other = add("n1");
    Registration again{registry, test_keys(), record_of(node, 1)};
    EXPECT_TRUE(again.check_free()) << "it is the same node, back after a crash";
    Registration registration{registry, test_keys(), record_of(other, 2)};
    EXPECT_THAT(registration.check_free().error().to_string(), HasSubstr("name: another live"));
    EXPECT_EQ(other.step(now).error().code(), ErrorCode::already_exists);
    EXPECT_THAT(other.serving(), IsEmpty());
}

TEST_F(RegistrationTest, OfTwoInTheSameInstantTheLaterGivesWay) {
    EmulatedNode& first = add("n1");
    EmulatedNode& second = add("n2");
    ASSERT_TRUE(first.step(now));
    ASSERT_TRUE(second.step(now));
    Registration one{registry, test_keys(), record_of(first, 1)};
    Registration other{registry, test_keys(), record_of(second, 1)};
    ASSERT_TRUE(one.check_free());
    ASSERT_TRUE(other.check_free());
    ASSERT_TRUE(one.publish(first.keeper().mirror(), {}));
    EXPECT_EQ(other.publish(second.keeper().mirror(), {}).error().code(),
              ErrorCode::already_exists);
    EXPECT_TRUE(registry.get(test_keys().node(first.name())).value());
    EXPECT_FALSE(registry.get(test_keys().node(second.name())).value()) << "it left no record";
}

struct NodeDirectoryTest : RegistrationTest {
    tunnel::TunnelSettings settings() {
        tunnel::TunnelSettings settings;
        settings.cluster_prefixes = {support::prefix_of("10.244.0.0/20")};
        return settings;
    }
    tunnel::TunnelNode self_of(EmulatedNode& node, unsigned last) {
        auto self = record_of(node, last).node;
        self.blocks = node.serving();
        return self;
    }
    bool update(EmulatedNode& node, Completeness completeness = Completeness::whole) {
        EXPECT_TRUE(node.step(now));
        return directory.update(node.keeper().mirror(), self_of(node, 1), completeness);
    }
    NodeDirectory directory{settings()};
};

TEST_F(NodeDirectoryTest, KnowsEveryNodeWithItsBlocks) {
    EmulatedNode& node = join("n1", 1);
    EmulatedNode& other = join("n2", 2);
    EXPECT_TRUE(update(node));
    EXPECT_THAT(names(directory.directory()), ElementsAre("n1", "n2"));
    EXPECT_EQ(directory.directory().find(other.name())->blocks, other.serving());
    EXPECT_FALSE(update(node)) << "nothing has changed";
    ASSERT_TRUE(remove_node(registry, test_keys(), other.name(), Removal::forced));
    EXPECT_TRUE(update(node));
    EXPECT_THAT(names(directory.directory()), ElementsAre("n1"));
}

TEST_F(NodeDirectoryTest, KeepsWhatTheRegistryLostUntilAllIsThereAgain) {
    EmulatedNode& node = join("n1", 1);
    EmulatedNode& other = join("n2", 2);
    ASSERT_TRUE(update(node));
    registry::MemoryRegistry empty{{.clock = [this] { return now; }, .cluster = 2}};
    node.restart(empty);
    EXPECT_FALSE(update(node, Completeness::gathering));
    EXPECT_EQ(directory.directory().find(other.name())->blocks, other.serving());
    EXPECT_TRUE(update(node, Completeness::whole)) << "it never came back";
    EXPECT_THAT(names(directory.directory()), ElementsAre("n1"));
    node.restart(registry);  // the other one ends before the node
}

TEST_F(NodeDirectoryTest, LeavesOutWhoContradictsALiveNode) {
    EmulatedNode& node = join("n1", 1);
    join("n2", 2);
    now = now + std::chrono::hours{1};
    ASSERT_TRUE(node.step(now));
    join("n3", 2);  // n2 is silent, so its address is free
    EXPECT_TRUE(update(node));
    EXPECT_THAT(names(directory.directory()), ElementsAre("n1", "n3"));
    ASSERT_EQ(directory.left_out().size(), 1U);
    EXPECT_THAT(directory.left_out().begin()->second.to_string(),
                HasSubstr("node 'n2': endpoint 172.31.0.2 belongs to node 'n3'"));
}

Result<void> any_cluster(const control::ClusterRecord&) { return success(); }

TEST(ClusterAgreement, ANodeThatCouldNotBeOneOfItsOwnClusterMakesNone) {
    registry::MemoryRegistry registry{{.clock = [] { return Instant{}; }}};
    const control::ClusterRecord preset{.tunnel = {}, .pools = support::pools_of("10.244.0.0/16")};
    const auto refused = agree_on_cluster(
        registry, test_keys(), {.underlay_mtu = UnderlayMtu{9000}}, preset,
        [](const control::ClusterRecord& first) -> Result<void> {
            return Error{ErrorCode::invalid_argument,
                         std::to_string(first.tunnel.underlay_mtu.value()) + " is too much"};
        });
    EXPECT_EQ(refused.error().text(), "9000 is too much");
    EXPECT_FALSE(registry.get(test_keys().cluster()).value());
}

TEST(ClusterAgreement, TheFirstNodeDecidesAndTheOthersFollow) {
    registry::MemoryRegistry registry{{.clock = [] { return Instant{}; }}};
    const control::ClusterRecord preset{.tunnel = {}, .pools = support::pools_of("10.244.0.0/16")};
    const ClusterWish first{.vni = Vni{7},
                            .sender_check = tunnel::SenderCheck::on,
                            .pools = support::pools_of("10.1.0.0/16")};
    const auto made = agree_on_cluster(registry, test_keys(), first, preset, any_cluster).value();
    EXPECT_EQ(made.tunnel.vni, Vni{7});
    EXPECT_EQ(made.tunnel.sender_check, tunnel::SenderCheck::on);
    EXPECT_EQ(made.pools, support::pools_of("10.1.0.0/16"));
    EXPECT_THAT(made.tunnel.cluster_prefixes, ElementsAre(support::prefix_of("10.1.0.0/16")));

    EXPECT_EQ(agree_on_cluster(registry, test_keys(), {}, preset, any_cluster).value(), made);
    const auto refused =
        agree_on_cluster(registry, test_keys(), {.vni = Vni{8}}, preset, any_cluster);
    EXPECT_EQ(refused.error().to_string(),
              "the cluster has vni 7, this node's settings 8 (expected the same on every node, or "
              "nothing: then the cluster's holds)");
    EXPECT_THAT(agree_on_cluster(registry, test_keys(), {.offline_max = std::chrono::hours{1}},
                                 preset, any_cluster)
                    .error()
                    .text(),
                HasSubstr("offlineMax not set, this node's settings 3600 s"));
    EXPECT_THAT(agree_on_cluster(registry, test_keys(), {.peer_counts = tunnel::PeerCounts::off},
                                 preset, any_cluster)
                    .error()
                    .text(),
                HasSubstr("peerCounts on, this node's settings off"));
}

}  // namespace
}  // namespace flatlan::node
