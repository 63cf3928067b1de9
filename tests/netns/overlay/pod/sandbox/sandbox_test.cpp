#include "overlay/pod/sandbox/sandbox.hpp"

#include "overlay/linux/address.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/pod/sandbox/node_network.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::pod {
namespace {

using support::ip;
using support::must;
using support::prefix;

class SandboxTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        node_.emplace(new_network());
        must(prepare_node(*node_, wanted_));
    }

    SandboxNode node() const {
        return {.network = *node_,
                .overlay = wanted_.overlay,
                .cluster_prefixes = wanted_.cluster_prefixes,
                .mtu = OverlayMtu{1450},
                .group = LinkGroup{1}};
    }
    std::vector<SandboxSpec> specs(unsigned count) const {
        std::vector<SandboxSpec> made;
        for (unsigned i = 0; i < count; ++i) {
            SandboxSpec spec{.name = "default/pod-" + std::to_string(i),
                             .node_end = InterfaceName{"p" + std::to_string(i)},
                             .addresses = {}};
            spec.addresses.set(wanted_.blocks[0].at(i + 2));
            spec.addresses.set(wanted_.blocks[1].at(i + 2));
            made.push_back(spec);
        }
        return made;
    }

    NodeNetwork wanted_{.overlay = {.ipv4 = ip("10.244.0.1").ipv4(), .ipv6 = ip("fd00::1").ipv6()},
                        .cluster_prefixes = {prefix("10.244.0.0/16"), prefix("fd00::/56")},
                        .blocks = {prefix("10.244.0.0/24"), prefix("fd00::/120")}};
    std::optional<Namespace> node_;
};

TEST_F(SandboxTest, ManyAreMadeInOneGo) {
    const auto wanted = specs(200);
    const auto sandboxes = must(create_sandboxes(node(), wanted));
    ASSERT_EQ(sandboxes.size(), wanted.size());
    auto netlink = netlink_in(*node_);
    EXPECT_EQ(must(list_links(netlink)).size(), 201U);
}

}  // namespace
}  // namespace flatlan::pod
