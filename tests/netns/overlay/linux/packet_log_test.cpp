#include "overlay/linux/iptables/packet_log.hpp"

#include <unistd.h>

#include <atomic>

#include "overlay/linux/iptables/iptables.hpp"
#include "overlay/linux/nftables/nftables.hpp"
#include "overlay/linux/sysctl.hpp"
#include "tests/support/child.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan {
namespace {

using support::must;

class PacketLogTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        network.emplace(new_network());
        before = loggers();
    }
    std::string loggers() const {
        return must(read_sysctl(*network, "net/netfilter/nf_log/2")) + " " +
               must(read_sysctl(*network, "net/netfilter/nf_log/10"));
    }
    std::string tables() const { return must(must(Nftables::open(*network)).run("list tables")); }
    /// As of a process that is killed while it has the log.
    void take_and_be_killed() {
        support::Shared<std::atomic<bool>> taken;
        auto child = support::Child::start([&] {
            const auto trace = IptablesTrace::open(*network);
            EXPECT_TRUE(trace) << trace.error().to_string();
            *taken = true;
            while (true)
                ::pause();
        });
        ASSERT_TRUE(support::eventually([&] { return taken->load(); }));
        child.kill();
        ASSERT_NE(loggers(), before) << "the test shows nothing";
    }

    std::optional<Namespace> network;
    std::string before;
};

TEST_F(PacketLogTest, IsGivenBack) {
    {
        const auto trace = IptablesTrace::open(*network);
        ASSERT_TRUE(trace) << trace.error().to_string();
        EXPECT_EQ(loggers(), "nfnetlink_log nfnetlink_log");
    }
    EXPECT_EQ(loggers(), before);
    EXPECT_EQ(tables(), "");
}

TEST_F(PacketLogTest, IsLeftToAnotherProgramThatHasIt) {
    const auto trace = IptablesTrace::open(*network);
    ASSERT_TRUE(trace) << trace.error().to_string();
    const std::string during = tables();
    const auto other = IptablesTrace::open(*network);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code(), ErrorCode::unavailable) << other.error().to_string();
    EXPECT_FALSE(must(put_back_packet_log(*network))) << "it is still wanted";
    EXPECT_EQ(loggers(), "nfnetlink_log nfnetlink_log");
    EXPECT_EQ(tables(), during);
}

TEST_F(PacketLogTest, IsPutBackAfterAProcessThatWasKilled) {
    EXPECT_FALSE(must(put_back_packet_log(*network)));
    take_and_be_killed();
    EXPECT_TRUE(must(put_back_packet_log(*network)));
    EXPECT_EQ(loggers(), before);
    EXPECT_EQ(tables(), "");
    EXPECT_FALSE(must(put_back_packet_log(*network)));
}

TEST_F(PacketLogTest, IsPutBackByWhoTakesItNext) {
    take_and_be_killed();
    must(IptablesTrace::open(*network));
    EXPECT_EQ(loggers(), before);
    EXPECT_EQ(tables(), "");
}

}  // namespace
}  // namespace flatlan
