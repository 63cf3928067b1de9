#include <gtest/gtest.h>

#include "tests/support/child.hpp"
#include "tests/support/refuse_syncs.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tools/daemon/node_parts.hpp"

namespace flatlan::daemon {
namespace {

control::ClusterRecord cluster_of(Vni vni) {
    control::ClusterRecord cluster =
        preset_cluster({InterfaceName{"eth0"}, IpAddress::from_text("172.31.0.1").value(),
                        LinkMtu{1500}, std::nullopt, false, ""});
    cluster.tunnel.vni = vni;
    return cluster;
}

// A power failure may else leave the name with nothing behind it.
TEST(StateFiles, KeepTheClusterBeforeWhenTheDiskDoesNotSyncTheNewOne) {
    const support::TemporaryFolder folder;
    const StateFiles files{folder.path()};
    ASSERT_TRUE(files.save_cluster(cluster_of(Vni{1})));
    auto child = support::Child::start([&] {
        support::refuse_syncs();
        const auto saved = files.save_cluster(cluster_of(Vni{2}));
        ASSERT_FALSE(saved);
        EXPECT_EQ(saved.error().system_errno(), EIO);
    });
    EXPECT_EQ(child.wait(), 0);
    const auto loaded = files.load_cluster().value();
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->tunnel.vni, Vni{1});
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1);
}

TEST(StateFiles, AreOneNodesAlone) {
    const support::TemporaryFolder folder;
    const StateFiles files{folder.path()};
    const NodeName n1 = NodeName::from("n1").value();
    const LabName east = LabName::from("east").value();
    EXPECT_TRUE(files.check_owner(n1, east)) << "nobody's yet";
    ASSERT_TRUE(files.save_owner(n1, east));
    EXPECT_TRUE(files.check_owner(n1, east));
    EXPECT_FALSE(files.check_owner(n1, LabName::from("west").value()));
    const auto other = files.check_owner(NodeName::from("n2").value(), east);
    ASSERT_FALSE(other);
    EXPECT_NE(
        other.error().to_string().find("is of node 'n1' of cluster 'east', and not of node 'n2'"),
        std::string::npos)
        << other.error().to_string();
}

}  // namespace
}  // namespace flatlan::daemon
