#include "overlay/control/directory.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "overlay/base/prng.hpp"

namespace flatlan::control {
namespace {

using tunnel::TunnelNode;
using tunnel::TunnelSettings;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
NodeName name_of(std::uint64_t number) {
    return NodeName::from("n" + std::to_string(number)).value();
}

TunnelSettings settings() {
    TunnelSettings common;
    common.cluster_prefixes = {prefix("10.244.0.0/16"), prefix("fd00::/56")};
    return common;
}

/// A node that agrees with every other one of another number.
TunnelNode node(std::uint64_t number) {
    const IpPrefix block = prefix("10.244.0.0/16").subprefix(26, number);
    TunnelNode made{.name = name_of(number),
                    .endpoint = prefix("172.31.0.0/16").at(number + 1),
                    .mac = MacAddress::local_from(number),
                    .overlay = {},
                    .blocks = {block}};
    made.overlay.set(block.at(1));
    return made;
}

TEST(Directory, KeepsNodesByNameInWhateverOrderTheyCame) {
    Directory directory{settings()};
    for (const std::uint64_t number : {3U, 1U, 2U})
        ASSERT_TRUE(directory.put(node(number)));

    ASSERT_EQ(directory.nodes().size(), 3U);
    EXPECT_EQ(directory.nodes()[0], node(1));
    EXPECT_EQ(directory.nodes()[2], node(3));
    EXPECT_EQ(*directory.find(name_of(2)), node(2));
    EXPECT_EQ(directory.find(name_of(4)), nullptr);
}

TEST(Directory, ReplacesWhatItKnewUnderTheName) {
    Directory directory{settings()};
    ASSERT_TRUE(directory.put(node(1)));
    TunnelNode moved = node(1);
    moved.endpoint = address("172.31.9.9");
    moved.blocks.push_back(prefix("fd00::/122"));
    moved.overlay.set(address("fd00::1"));

    ASSERT_TRUE(directory.put(moved));

    EXPECT_EQ(directory.nodes().size(), 1U);
    EXPECT_EQ(*directory.find(name_of(1)), moved);
}

TEST(Directory, ForgetsANodeAndWhatItHeld) {
    Directory directory{settings()};
    ASSERT_TRUE(directory.put(node(1)));
    directory.remove(name_of(7));  // not known: nothing happens
    directory.remove(name_of(1));
    EXPECT_TRUE(directory.nodes().empty());

    TunnelNode heir = node(2);
    heir.blocks = node(1).blocks;
    heir.overlay = node(1).overlay;
    heir.endpoint = node(1).endpoint;
    EXPECT_TRUE(directory.put(heir));
}

TEST(Directory, RefusesWhatAnotherNodeHasAndNamesIt) {
    Directory directory{settings()};
    ASSERT_TRUE(directory.put(node(1)));

    TunnelNode endpoint = node(2);
    endpoint.endpoint = node(1).endpoint;
    TunnelNode mac = node(2);
    mac.mac = node(1).mac;
    TunnelNode block = node(2);
    block.blocks.push_back(prefix("10.244.0.0/24"));
    const std::pair<TunnelNode, const char*> table[] = {
        {endpoint, "node 'n2': endpoint 172.31.0.2 belongs to node 'n1'"},
        {mac, "node 'n2': MAC address 02:00:00:00:00:01 belongs to node 'n1'"},
        {block, "node 'n2': block 10.244.0.0/24 belongs to node 'n1'"},
    };
    for (const auto& [wrong, text] : table) {
        const auto refused = directory.put(wrong);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
        EXPECT_EQ(refused.error().text(), text);
    }
    EXPECT_EQ(directory.nodes().size(), 1U);
}

TEST(Directory, RefusesANodeThatContradictsItself) {
    Directory directory{settings()};
    TunnelNode outside = node(1);
    outside.blocks.push_back(prefix("10.245.0.0/26"));
    TunnelNode homeless = node(1);
    homeless.overlay.set(address("fd00::1"));
    const std::pair<TunnelNode, const char*> table[] = {
        {outside, "node 'n1': block 10.245.0.0/26 lies outside the cluster's prefixes"},
        {homeless, "node 'n1': address fd00::1 lies in none of its blocks"},
    };
    for (const auto& [wrong, text] : table) {
        const auto refused = directory.put(wrong);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(refused.error().text(), text);
    }
    EXPECT_TRUE(directory.nodes().empty());
}

TEST(Directory, HandsEachNodeTheWholeCluster) {
    Directory directory{settings()};
    for (const std::uint64_t number : {1U, 2U, 3U})
        ASSERT_TRUE(directory.put(node(number)));
    const auto wanted = directory.wanted_for(name_of(2));
    EXPECT_EQ(wanted.settings, settings());
    EXPECT_EQ(wanted.self, node(2));
    EXPECT_EQ(wanted.nodes.size(), 3U);
}

TEST(Directory, AbortsWhenAskedForANodeItDoesNotKnow) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(static_cast<void>(Directory{settings()}.wanted_for(name_of(1))), "self");
}

/// The same rules, slow and plain: everything a node holds is written out, address by address.
class PlainDirectory {
public:
    bool put(const TunnelNode& node) {
        if (!agrees(node)) return false;
        nodes_.insert_or_assign(node.name, node);
        return true;
    }
    void remove(const NodeName& name) { nodes_.erase(name); }
    const std::map<NodeName, TunnelNode>& nodes() const { return nodes_; }

private:
    static std::set<IpAddress> addresses(const TunnelNode& node) {
        std::set<IpAddress> all;
        for (const IpPrefix& block : node.blocks)
            for (std::uint64_t i = 0; i >> block.host_bits() == 0; ++i)
                all.insert(block.at(i));
        return all;
    }
    bool agrees(const TunnelNode& node) const {
        const auto mine = addresses(node);
        for (const IpAddress& one : mine)
            if (!prefix("10.244.0.0/27").contains(one)) return false;
        if (node.overlay.ipv4 && !mine.contains(*node.overlay.ipv4)) return false;
        for (const auto& [name, other] : nodes_) {
            if (name == node.name) continue;
            if (other.endpoint == node.endpoint || other.mac == node.mac) return false;
            for (const IpAddress& theirs : addresses(other))
                if (mine.contains(theirs)) return false;
        }
        return true;
    }

    std::map<NodeName, TunnelNode> nodes_;
};

/// A node drawn from a world so small that most draws contradict something.
TunnelNode draw(Prng& prng) {
    TunnelNode drawn{.name = name_of(prng.below(8)),
                     .endpoint = prefix("172.31.0.0/16").at(prng.below(12)),
                     .mac = MacAddress::local_from(prng.below(12)),
                     .overlay = {},
                     .blocks = {}};
    for (std::uint64_t blocks = prng.below(3); blocks > 0; --blocks) {
        const unsigned length_bits = 28 + static_cast<unsigned>(prng.below(4));
        drawn.blocks.push_back(
            IpPrefix::containing(prefix("10.244.0.0/16").at(prng.below(34)), length_bits));
    }
    if (prng.chance(1, 2)) drawn.overlay.set(prefix("10.244.0.0/16").at(prng.below(34)));
    return drawn;
}

TEST(Directory, AgreesWithAPlainModelWhateverIsPutAndRemoved) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        TunnelSettings small;
        small.cluster_prefixes = {prefix("10.244.0.0/27")};
        Directory directory{small};
        PlainDirectory model;
        for (int step = 0; step < 500; ++step) {
            if (prng.chance(1, 4)) {
                const NodeName gone = name_of(prng.below(8));
                directory.remove(gone);
                model.remove(gone);
            } else {
                const TunnelNode drawn = draw(prng);
                ASSERT_EQ(directory.put(drawn).has_value(), model.put(drawn)) << "step " << step;
            }
            ASSERT_EQ(directory.nodes().size(), model.nodes().size()) << "step " << step;
            std::size_t i = 0;
            for (const auto& [name, expected] : model.nodes())
                ASSERT_EQ(directory.nodes()[i++], expected) << "step " << step;
        }
        ASSERT_FALSE(model.nodes().empty());
    }
}

}  // namespace
}  // namespace flatlan::control
