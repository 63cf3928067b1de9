#include "overlay/linux/veth.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/run_tool.hpp"
#include "tests/support/running_link.hpp"
#include "tests/support/sample_cluster.hpp"
#include "tunnel/direct/direct_backend.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;

/// The first of three nodes; of the others there is nothing but what it knows.
class DirectRepair : public support::NetworkTest {
protected:
    static constexpr const char* kAddress = "172.16.0.1/12 dev eth0";

    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        network_.emplace(new_network());
        auto netlink = netlink_in(*network_);
        const InterfaceName eth0{"eth0"};
        const InterfaceName far{"far"};
        must(create_veth(netlink, {.near = {.name = eth0, .mac = MacAddress::local_from(1)},
                                   .far = {.name = far, .mac = MacAddress::local_from(2)}}));
        must(set_loopback_up(netlink));
        for (const InterfaceName& end : {eth0, far})
            must(set_link(netlink, end, {.up = true, .no_link_local = true}));
        run(std::string{"ip address add "} + kAddress);
        backend_.emplace(must(DirectBackend::open(*network_)));
        must(backend_->watch());
        support::wait_until_running(*network_, eth0);
        must(apply());
        // It hears once of the switches that it turned itself.
        if (!must(backend_->is_untouched())) must(apply());
        ASSERT_TRUE(must(backend_->is_untouched()));
    }

    std::string run(const std::string& command) { return support::run_tool(*network_, command); }
    Result<TunnelChange> apply() { return backend_->apply(cluster_.wanted_for(0)); }

    const SampleCluster cluster_ = sample_cluster({.nodes = 3});
    std::optional<Namespace> network_;
    std::optional<DirectBackend> backend_;
};

TEST_F(DirectRepair, IsNotForgottenWhenItFailed) {
    const std::string routes = run("ip route show proto 0xf1");
    ASSERT_NE(routes, "");
    run(std::string{"ip address del "} + kAddress);
    EXPECT_FALSE(must(backend_->is_untouched()));
    EXPECT_FALSE(apply());
    EXPECT_FALSE(must(backend_->is_untouched())) << "nothing more was told, and nothing is right";

    run(std::string{"ip address add "} + kAddress);
    EXPECT_FALSE(must(backend_->is_untouched()));
    EXPECT_EQ(must(apply()).added, 2U);
    EXPECT_TRUE(must(backend_->is_untouched()));
    EXPECT_EQ(run("ip route show proto 0xf1"), routes);
}

TEST_F(DirectRepair, OfAnythingIsAwaitedUntilItIsDone) {
    run("ip route del 10.128.0.64/26");
    EXPECT_FALSE(must(backend_->is_untouched()));
    EXPECT_FALSE(must(backend_->is_untouched()));
    EXPECT_EQ(must(apply()).added, 1U);
    EXPECT_TRUE(must(backend_->is_untouched()));
}

TEST_F(DirectRepair, LooksWhenTheInterfaceGetsAnAddress) {
    run("ip address add 172.16.0.99/12 dev eth0");
    EXPECT_FALSE(must(backend_->is_untouched()));
    EXPECT_TRUE(must(apply()).empty());
    EXPECT_TRUE(must(backend_->is_untouched()));
}

TEST_F(DirectRepair, OfWhatWasRemovedIsAnApply) {
    must(backend_->remove());
    EXPECT_FALSE(must(backend_->is_untouched()));
    must(apply());
    EXPECT_TRUE(must(backend_->is_untouched()));
}

}  // namespace
}  // namespace flatlan::tunnel
