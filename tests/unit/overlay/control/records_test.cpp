#include "overlay/control/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::control {
namespace {

using testing::HasSubstr;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }

NodeRecord node() {
    IpAddresses overlay;
    overlay.set(address("10.244.0.0"));
    overlay.set(address("fd00::"));
    return {ipam::Incarnation{~std::uint64_t{0}},
            {NodeName::from("n1").value(),
             address("172.31.0.1"),
             MacAddress::from_text("02:00:00:00:00:01").value(),
             overlay,
             {}}};
}
ipam::BlockClaim claim(ipam::ClaimState state) {
    return {prefix("fd00::40/122"), {NodeName::from("n1").value(), ipam::Incarnation{7}}, state};
}
ClusterRecord cluster() {
    const auto pools =
        ipam::ClusterPools::from({ipam::PoolSpec::from(prefix("10.244.0.0/16"), 26).value(),
                                  ipam::PoolSpec::from(prefix("fd00::/56"), 122).value()});
    return {{Vni{7}, Port{4789}, UnderlayMtu{9000}, {prefix("10.244.0.0/16"), prefix("fd00::/56")}},
            pools.value()};
}

TEST(Records, AreReadAsTheyWereWritten) {
    EXPECT_EQ(node_from_record(to_record(node())).value(), node());
    for (const auto state : {ipam::ClaimState::pending, ipam::ClaimState::confirmed})
        EXPECT_EQ(claim_from_record(to_record(claim(state))).value(), claim(state));
    EXPECT_EQ(cluster_from_record(to_record(cluster())).value(), cluster());
    ClusterRecord patient = cluster();
    patient.offline_max = std::chrono::hours{1};
    patient.reclaim_after = std::chrono::hours{2};
    EXPECT_EQ(cluster_from_record(to_record(patient)).value(), patient);
}

TEST(Records, OfAClusterTellWhatPacketFiltersDo) {
    ClusterRecord filtered = cluster();
    EXPECT_EQ(to_record(filtered).find("peer-counts"), std::string::npos);
    filtered.tunnel.peer_counts = tunnel::PeerCounts::off;
    EXPECT_EQ(cluster_from_record(to_record(filtered)).value(), filtered);
    filtered.tunnel.sender_check = tunnel::SenderCheck::on;
    EXPECT_EQ(cluster_from_record(to_record(filtered)).value(), filtered);
    for (const char* word : {"sender-check", "peer-counts"})
        EXPECT_THAT(cluster_from_record(to_record(cluster()) + word + " maybe\n").error().text(),
                    HasSubstr("is neither 'on' nor 'off'"));
}

TEST(Records, ArePlainText) {
    EXPECT_EQ(to_record(claim(ipam::ClaimState::pending)),
              "flatlan block 1\n"
              "block fd00::40/122\n"
              "node n1\n"
              "incarnation 7\n"
              "state pending\n");
}

TEST(Records, OfAClusterTellWhatItKeepsBackAndLends) {
    ClusterRecord kept_back = cluster();
    EXPECT_EQ(kept_back.borrowing, Borrowing::none);
    kept_back.excluded = {IpPrefix::from_text("10.244.0.0/28").value()};
    kept_back.reserved = {IpPrefix::from_text("10.244.1.1/32").value(),
                          IpPrefix::from_text("10.244.2.0/24").value()};
    kept_back.borrowing = Borrowing::idle_blocks;
    const std::string text = to_record(kept_back);
    EXPECT_EQ(cluster_from_record(text).value(), kept_back);
    EXPECT_THAT(text, HasSubstr("exclude 10.244.0.0/28\nreserve 10.244.1.1/32\n"));
    EXPECT_THAT(text, HasSubstr("borrow idle-blocks\n"));
    EXPECT_THAT(cluster_from_record(to_record(cluster()) + "borrow all\n").error().text(),
                HasSubstr("'borrow'"));
    EXPECT_THAT(cluster_from_record(to_record(cluster()) + "exclude 10.0.0.1/8\n").error().text(),
                HasSubstr("'exclude'"));
}

TEST(Records, SkipFieldsThatTheyDoNotKnow) {
    const auto text = to_record(node()) + "zone eu-1\n";
    EXPECT_EQ(node_from_record(text).value(), node());
}

TEST(Records, OfANewerVersionAreRefusedAsSuch) {
    const auto refused = claim_from_record("flatlan block 2\nblock fd00::40/122\n");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("version 2"));
}

TEST(Records, ThatAreCutOffAreCorruptWhereverTheCutIs) {
    const std::string whole = to_record(claim(ipam::ClaimState::confirmed));
    for (std::size_t size = 0; size + 1 < whole.size(); ++size)
        EXPECT_FALSE(claim_from_record(std::string_view{whole}.substr(0, size))) << size;
    const std::string settings = to_record(cluster());
    for (std::size_t size = 0; size < settings.rfind("pool 10"); ++size)
        EXPECT_FALSE(cluster_from_record(std::string_view{settings}.substr(0, size))) << size;
}

TEST(Records, NameTheFieldThatIsWrong) {
    const auto refusal = [](std::string text, std::string_view from, std::string_view to) {
        text.replace(text.find(from), from.size(), to);
        const auto read = claim_from_record(text);
        return read ? std::string{} : read.error().text();
    };
    const std::string good = to_record(claim(ipam::ClaimState::pending));
    EXPECT_THAT(refusal(good, "node n1", "node N_1"), HasSubstr("'node'"));
    EXPECT_THAT(refusal(good, "incarnation 7", "incarnation -7"), HasSubstr("'incarnation'"));
    EXPECT_THAT(refusal(good, "state pending", "state maybe"), HasSubstr("'state'"));
    EXPECT_THAT(refusal(good, "fd00::40/122", "fd00::41/122"), HasSubstr("'block'"));
    EXPECT_THAT(refusal(good, "state pending", "node n2"), HasSubstr("'node' is there twice"));
    EXPECT_THAT(refusal(good, "flatlan block", "flatlan node"), HasSubstr("begin"));
}

}  // namespace
}  // namespace flatlan::control
