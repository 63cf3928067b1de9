#include "overlay/node/path_watch.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>

#include "overlay/linux/address.hpp"
#include "overlay/linux/veth.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/running_link.hpp"

namespace flatlan::node {
namespace {

using support::ip;
using support::must;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Of three nodes the first one's ways: the second is at the other end of a cable, and to the third
/// there is no route.
class PathWatchTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        own_.emplace(new_network());
        other_.emplace(new_network());
        Netlink netlink = netlink_in(*own_);
        must(create_veth(
            netlink,
            {.near = {.name = kCable, .mac = tunnel::endpoint_mac(n1_, Vni{1})},
             .far = {
                 .name = kCable, .mac = tunnel::endpoint_mac(n2_, Vni{1}), .network = &*other_}}));
        attach(*own_, "192.0.2.1");
        attach(*other_, "192.0.2.2");
        support::wait_until_running(*own_, kCable);
        support::wait_until_running(*other_, kCable);
    }
    void watch(PathWatch::Used used = {}, const std::vector<tunnel::PathMtu>& known = {}) {
        watch_ = must(PathWatch::start(
            {.promised = UnderlayMtu{1500},
             .ends = [this] { return ends(); },
             .report = [this](const NodeName& of, auto paths) { return take(of, paths); },
             .warn = [this](const std::string& why) { warn(why); },
             .used = std::move(used),
             .known = known,
             .link = must(LinkMtuWatch::open_in(*own_, kCable))}));
    }

    static void attach(const Namespace& network, std::string_view address) {
        Netlink netlink = netlink_in(network);
        must(create_address(netlink, {.address = ip(address),
                                      .length_bits = 24,
                                      .device = must(get_link(netlink, kCable)).index,
                                      .prefix_route = true}));
        must(set_link(netlink, kCable, {.up = true}));
    }
    static void set_mtu(const Namespace& network, std::uint32_t mtu) {
        Netlink netlink = netlink_in(network);
        must(set_link(netlink, kCable, {.mtu = LinkMtu{mtu}}));
    }

    Result<std::vector<PathEnd>> ends() const {
        FLATLAN_TRY(network, own_->duplicate());
        std::vector<PathEnd> ends;
        ends.push_back({n1_, ip("192.0.2.1"), std::move(network)});
        for (std::size_t i = 0; i < strangers_; ++i)
            ends.push_back({must(NodeName::from("a" + std::to_string(i))),
                            support::prefix("198.18.0.0/16").at(i)});
        ends.push_back({n2_, ip("192.0.2.2")});
        const std::lock_guard reading{mutex_};
        ends.push_back({third_, ip("198.51.100.3")});
        return ends;
    }
    void warn(const std::string& why) {
        const std::lock_guard changing{mutex_};
        warnings_.push_back(why);
    }
    void TearDown() override {
        watch_.reset();
        EXPECT_THAT(warnings_, SizeIs(warnings_expected_));
        NetworkTest::TearDown();
    }
    Result<void> take(const NodeName& of, std::vector<tunnel::PathMtu> paths) {
        EXPECT_EQ(of, n1_);
        const std::lock_guard changing{mutex_};
        told_ = std::move(paths);
        return success();
    }
    /// What was told last, once it is this.
    std::vector<tunnel::PathMtu> told(const std::vector<tunnel::PathMtu>& wanted) {
        const auto told = [&] {
            const std::lock_guard reading{mutex_};
            return told_;
        };
        support::eventually([&] { return told() == wanted; }, std::chrono::seconds{60});
        return told();
    }

    inline static const InterfaceName kCable{"cable"};
    const NodeName n1_ = must(NodeName::from("n1"));
    const NodeName n2_ = must(NodeName::from("n2"));
    const NodeName n3_ = must(NodeName::from("n3"));
    std::size_t strangers_ = 0;  ///< nodes to which there is no route either
    std::optional<Namespace> own_;
    std::optional<Namespace> other_;
    mutable std::mutex mutex_;
    NodeName third_ = n3_;
    std::vector<tunnel::PathMtu> told_;
    std::vector<std::string> warnings_;
    std::size_t warnings_expected_ = 0;
    std::unique_ptr<PathWatch> watch_;
};

TEST_F(PathWatchTest, TellsWhatTheWaysOfOneNodePassThatGetNarrowAndWideAgain) {
    watch();
    // A veth takes 4 octets more than its MTU, for a VLAN tag (is_skb_forwardable of the kernel).
    for (const std::uint32_t mtu : {1400U, 1380U, 1450U}) {
        set_mtu(*other_, mtu);
        const tunnel::PathMtu narrow{n2_, UnderlayMtu{mtu + 4}};
        EXPECT_THAT(told({narrow}), ElementsAre(narrow));
    }
    set_mtu(*other_, 1500);
    EXPECT_THAT(told({}), IsEmpty());
}

TEST_F(PathWatchTest, FollowsItsOwnInterfaceForAllNodesWhetherTheyAnswerOrNot) {
    watch();
    const tunnel::PathMtu n2{n2_, UnderlayMtu{1400}};
    const tunnel::PathMtu n3{n3_, UnderlayMtu{1400}};
    set_mtu(*own_, 1400);
    EXPECT_THAT(told({n2, n3}), ElementsAre(n2, n3));

    const tunnel::PathMtu narrower{n2_, UnderlayMtu{1384}};
    set_mtu(*other_, 1380);
    EXPECT_THAT(told({narrower, n3}), ElementsAre(narrower, n3));

    set_mtu(*own_, 1500);
    EXPECT_THAT(told({narrower}), ElementsAre(narrower));
    set_mtu(*other_, 1500);
    EXPECT_THAT(told({}), IsEmpty());
}

TEST_F(PathWatchTest, KnowsOfAnInterfaceThatWasNarrowBeforeIt) {
    set_mtu(*own_, 1300);
    watch();
    const tunnel::PathMtu n2{n2_, UnderlayMtu{1300}};
    const tunnel::PathMtu n3{n3_, UnderlayMtu{1300}};
    EXPECT_THAT(told({n2, n3}), ElementsAre(n2, n3));
}

TEST_F(PathWatchTest, TellsOfItsNarrowInterfaceANodeThatComesWhenAnotherGoes) {
    set_mtu(*own_, 1300);
    watch();
    const tunnel::PathMtu n2{n2_, UnderlayMtu{1300}};
    const tunnel::PathMtu n3{n3_, UnderlayMtu{1300}};
    EXPECT_THAT(told({n2, n3}), ElementsAre(n2, n3));

    const tunnel::PathMtu n4{must(NodeName::from("n4")), UnderlayMtu{1300}};
    {
        const std::lock_guard changing{mutex_};
        third_ = n4.node;
    }
    EXPECT_THAT(told({n2, n4}), ElementsAre(n2, n4));
}

TEST_F(PathWatchTest, WarnsOfATroubleOnceWhateverItsInterfaceTellsMeanwhile) {
    strangers_ = 300;
    warnings_expected_ = 1;
    std::atomic<std::uint32_t> rounds = 0;
    watch([&]() -> Result<std::vector<IpAddress>> {
        ++rounds;
        return Error{ErrorCode::unavailable, "count what was sent"};
    });
    for (std::uint32_t round = 0; round < 3; ++round) {
        support::eventually([&] { return rounds > round; }, std::chrono::seconds{60});
        set_mtu(*own_, 1501 + round);  // still passes what is promised
    }
    watch_.reset();  // has `rounds`
}

TEST_F(PathWatchTest, FindsAWayWideThatWasKnownToBeNarrowBeforeIt) {
    told_ = {{n2_, UnderlayMtu{1404}}, {n3_, UnderlayMtu{1404}}};
    watch({}, told_);
    // To n3 there is no way, so that nothing else is known of it.
    const tunnel::PathMtu n3{n3_, UnderlayMtu{1404}};
    EXPECT_THAT(told({n3}), ElementsAre(n3));
}

TEST_F(PathWatchTest, FollowsTheWayToTheOneNodeOfManyThatIsUsed) {
    strangers_ = 300;  // by turns it would take two and a half minutes until n2 was probed
    set_mtu(*other_, 1400);
    watch([] { return std::vector{ip("192.0.2.2")}; });
    const tunnel::PathMtu narrow{n2_, UnderlayMtu{1404}};
    EXPECT_THAT(told({narrow}), ElementsAre(narrow));
}

}  // namespace
}  // namespace flatlan::node
