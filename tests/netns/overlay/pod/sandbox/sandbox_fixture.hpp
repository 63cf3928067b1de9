#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/linux/neighbour.hpp"
#include "overlay/pod/sandbox/node_network.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::pod {

/// A node of a dual-stack cluster, prepared and without pods.
class SandboxTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        node_.emplace(new_network());
        support::must(prepare_node(*node_, wanted_));
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

    static std::size_t learnt_in(const Namespace& network) {
        auto netlink = netlink_in(network);
        return support::must(count_learnt_neighbours(netlink));
    }
    void expect_nothing_learnt(std::span<const Sandbox> sandboxes) const {
        EXPECT_EQ(learnt_in(*node_), 0U);
        for (const Sandbox& sandbox : sandboxes)
            EXPECT_EQ(learnt_in(sandbox.network), 0U);
    }

    NodeNetwork wanted_{
        .overlay = {.ipv4 = support::ip("10.244.0.1").ipv4(),
                    .ipv6 = support::ip("fd00::1").ipv6()},
        .cluster_prefixes = {support::prefix("10.244.0.0/16"), support::prefix("fd00::/56")},
        .blocks = {support::prefix("10.244.0.0/24"), support::prefix("fd00::/120")}};
    std::optional<Namespace> node_;
};

}  // namespace flatlan::pod
