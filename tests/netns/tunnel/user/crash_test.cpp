#include <gmock/gmock.h>
#include <pthread.h>
#include <sys/resource.h>

#include "overlay/linux/veth.hpp"
#include "tests/netns/tunnel/user/user_world.hpp"
#include "tests/support/child.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;

const InterfaceName kDevice{"flat0"};

class UserCrash : public support::NetworkTest {
protected:
    /// A process makes node 0's tunnel and ends without taking anything away.
    static void crash_after_apply(UserWorld& world) {
        auto child = support::Child::start([&] { must(world.apply(0)); });
        ASSERT_EQ(child.wait(), 0);
        auto netlink = netlink_in(world.network(0));
        ASSERT_TRUE(must(find_link(netlink, kDevice)));
    }
};

TEST_F(UserCrash, LeavesAPairInWhosePlaceTheNextProcessMakesItsOwn) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    crash_after_apply(world);
    EXPECT_EQ(must(world.apply(0)).removed, 0U);
    world.apply_all();
    expect_working(world);
}

TEST_F(UserCrash, IsNoReasonToStayAwayFromTun) {
    if (!may_open_tun()) GTEST_SKIP() << "/dev/net/tun may not be opened here";
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    crash_after_apply(world);
    auto over_tun = must(UserBackend::open(world.network(0), {.device = UserDevice::tun}));
    must(over_tun.apply(world.cluster.wanted_for(0)));
    EXPECT_TRUE(over_tun.uses_tun());
}

/// Pairs that look like ours in all but one thing.
TEST_F(UserCrash, GivesNobodyElsesInterfaceAway) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    auto netlink = netlink_in(world.network(0));
    crash_after_apply(world);
    const MacAddress far_mac = must(get_link(netlink, InterfaceName{"flat0u"})).mac.value();
    must(remove_link(netlink, kDevice));
    for (const VethSpec& theirs :
         {VethSpec{{kDevice, MacAddress::local_from(8)},
                   {InterfaceName{"flat0u"}, MacAddress::local_from(9)}},
          VethSpec{{kDevice, MacAddress::local_from(8)}, {InterfaceName{"other"}, far_mac}},
          VethSpec{{InterfaceName{"other"}, MacAddress::local_from(8)},
                   {InterfaceName{"flat0u"}, far_mac}}}) {
        must(create_veth(netlink, theirs));
        const auto refused = world.apply(0);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::conflict) << refused.error().to_string();
        EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("flat0"));
        EXPECT_TRUE(must(find_link(netlink, theirs.near.name)));
        must(remove_link(netlink, theirs.near.name));
    }
    must(world.apply(0));
}

// Wherever on the way it is that the process has no descriptor left.
TEST_F(UserCrash, OfAStartLeavesNoDeviceBehind) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    auto netlink = netlink_in(world.network(0));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const auto apply_with = [&](rlim_t descriptors) {
        const rlimit less{descriptors, before.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &less), 0);
        const bool applied{world.apply(0)};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
        return applied;
    };
    rlim_t descriptors = 3;
    for (; !apply_with(descriptors); ++descriptors) {
        ASSERT_LT(descriptors, before.rlim_cur);
        // What may fail after the start leaves the tunnel as it is.
        const bool started = world.user(0).offloads().has_value();
        ASSERT_EQ(must(find_link(netlink, kDevice)).has_value(), started)
            << descriptors << " descriptors";
    }
    EXPECT_GT(descriptors, 10U);
    world.apply_all();
    expect_working(world);
}

/// Threads cannot be started while this lives: no stack is so large.
class NoThreads {
public:
    NoThreads() {
        ::pthread_getattr_default_np(&before_);
        pthread_attr_t huge;
        ::pthread_attr_init(&huge);
        ::pthread_attr_setstacksize(&huge, std::size_t{1} << 47U);
        ::pthread_setattr_default_np(&huge);
        ::pthread_attr_destroy(&huge);
    }
    ~NoThreads() {
        ::pthread_setattr_default_np(&before_);
        ::pthread_attr_destroy(&before_);
    }
    NoThreads(const NoThreads&) = delete;
    NoThreads& operator=(const NoThreads&) = delete;

private:
    pthread_attr_t before_;
};

TEST_F(UserCrash, IsNotWhatHappensWhereThreadsAreLimited) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    {
        const NoThreads limited;
        const auto refused = world.apply(0);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().system_errno(), EAGAIN);
        EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("thread"));
    }
    auto netlink = netlink_in(world.network(0));
    EXPECT_FALSE(must(find_link(netlink, kDevice)));
    world.apply_all();
    expect_working(world);
}

}  // namespace
}  // namespace flatlan::tunnel
