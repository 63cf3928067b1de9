#include "tools/daemon/publisher.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "ipam/store/memory_lease_store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::daemon {
namespace {

struct PublisherTest : testing::Test {
    support::TemporaryFolder folder;
    std::filesystem::path node_file{std::filesystem::path{folder.path()} / "node.json"};
    ipam::MemoryLeaseStore leases{
        {.clock = [] { return Instant{}; }, .incarnation = {}, .rules = {}}};
    Publisher publisher{{.node_file = node_file, .conflist = {}, .cni_network = {}}, leases};
    node::NodeFile file{.name = NodeName::from("n1").value(),
                        .overlay = {},
                        .cluster_prefixes = {IpPrefix::from_text("10.244.0.0/16").value()},
                        .mtu = OverlayMtu{1450},
                        .confirmed = {}};

    std::string text() const {
        std::ifstream in{node_file};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
};

TEST_F(PublisherTest, WritesTheNodeFileAgainWhateverBecameOfIt) {
    ASSERT_TRUE(publisher.publish(file));
    const std::string whole = text();
    ASSERT_TRUE(node::read_node_file(node_file));
    for (const std::string& damaged : {std::string{}, whole.substr(0, 20), std::string{"{}\n"}}) {
        std::ofstream{node_file} << damaged;
        ASSERT_TRUE(publisher.publish(file));
        EXPECT_EQ(text(), whole) << "it was '" << damaged << "'";
    }
    std::filesystem::remove(node_file);
    ASSERT_TRUE(publisher.publish(file));
    EXPECT_EQ(text(), whole);
}

TEST_F(PublisherTest, LeavesANodeFileAloneThatSaysTheSame) {
    ASSERT_TRUE(publisher.publish(file));
    const auto written = std::filesystem::last_write_time(node_file);
    file.confirmed.at = Instant{} + std::chrono::seconds{7};  // counts only with offlineMax
    ASSERT_TRUE(publisher.publish(file));
    EXPECT_EQ(std::filesystem::last_write_time(node_file), written);
    EXPECT_EQ(node::read_node_file(node_file).value().confirmed.at, Instant{});
}

}  // namespace
}  // namespace flatlan::daemon
