#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddresses addresses(std::string_view ipv4, std::string_view ipv6) {
    IpAddresses both;
    both.set(IpAddress::from_text(ipv4).value());
    both.set(IpAddress::from_text(ipv6).value());
    return both;
}

/// n1 is well, n2 too but for a narrow way, n3 is silent and n4 is left out.
daemon::NodeStatus sample() {
    return {.node = "n1",
            .cluster = "default",
            .ready = true,
            .registry = "etcd http://10.0.0.9:2379",
            .confirmed = {.age_s = 2, .offline_max_s = 600, .reclaim_after_s = 3600},
            .epoch = 1,
            .backend = "kernel",
            .underlay = "172.31.0.1",
            .interface = "eth0",
            .overlay = addresses("10.244.0.0", "fd00:10:244::"),
            .blocks = {prefix("10.244.0.0/26"), prefix("fd00:10:244::/122")},
            .database = "/var/lib/flatlan/leases.sqlite",
            .leased = 5,
            .free = 118,
            .nodes = {{.name = "n2",
                       .ready = true,
                       .underlay = "172.31.0.2",
                       .overlay = addresses("10.244.0.64", "fd00:10:244::40"),
                       .blocks = {prefix("10.244.0.64/26"), prefix("fd00:10:244::40/122")},
                       .narrow_mtu = 1400},
                      {.name = "n3",
                       .reason = "it gives no sign of life",
                       .underlay = "172.31.0.3",
                       .overlay = addresses("10.244.0.128", "fd00:10:244::80"),
                       .blocks = {prefix("10.244.0.128/26")}},
                      {.name = "n4", .reason = "left out: it has the endpoint of n2"}}};
}

/// What one sees after the registry was lost, with a pod whose block others took.
daemon::NodeStatus in_trouble() {
    daemon::NodeStatus status = sample();
    status.ready = false;
    status.reason = "the registry has not confirmed its blocks for longer than offlineMax";
    status.confirmed.age_s.reset();
    status.claims_paused = true;
    status.awaited = {"n3", "n4"};
    status.lost = {"net/web/eth0"};
    return status;
}

struct RealNodeVerb : testing::Test {
    RealNodeVerb() { labs.daemon = sample(); }
    FakeLabs labs;
};

TEST_F(RealNodeVerb, StatusTellsOfTheNodeAndOfTheOthers) {
    const Ran ran = run_flatlan(labs, {"node", "status"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out, golden("node-status.txt", ran.out));
    EXPECT_THAT(labs.sockets, ElementsAre("/run/flatlan/flatland.sock"));
}

TEST_F(RealNodeVerb, StatusSaysWhatIsWrongAndEndsWithOne) {
    labs.daemon = in_trouble();
    const Ran ran = run_flatlan(labs, {"node", "status", "--socket", "/tmp/s"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_EQ(ran.out, golden("node-status-trouble.txt", ran.out));
    EXPECT_THAT(labs.sockets, ElementsAre("/tmp/s"));
}

TEST_F(RealNodeVerb, StatusOfAnotherNode) {
    const Ran well = run_flatlan(labs, {"node", "status", "n2"});
    EXPECT_EQ(well.status, ExitStatus::yes);
    EXPECT_THAT(well.out, HasSubstr("node n2: Ready, the way there passes 1400 octets\n"));
    const Ran silent = run_flatlan(labs, {"node", "status", "n3"});
    EXPECT_EQ(silent.status, ExitStatus::no);
    EXPECT_THAT(silent.out, HasSubstr("node n3: NotReady, it gives no sign of life\n"));
    const Ran unknown = run_flatlan(labs, {"node", "status", "n9"});
    EXPECT_EQ(unknown.status, ExitStatus::no);
    EXPECT_THAT(unknown.err, HasSubstr("there is no node 'n9' (expected n1, n2, n3, n4)"));
}

TEST_F(RealNodeVerb, RemoveSaysWhichBlocksWereTaken) {
    const Ran ran = run_flatlan(labs, {"node", "remove", "n3"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out, "node n3 is removed; taken back: 10.244.0.64/26\n");
    run_flatlan(labs, {"node", "remove", "n3", "--force"});
    EXPECT_THAT(labs.removed, ElementsAre("n3", "n3!"));
}

TEST_F(RealNodeVerb, RemoveOfALiveNodeNamesTheFlag) {
    labs.failure = Error{ErrorCode::conflict, "node 'n2' is alive"};
    const Ran ran = run_flatlan(labs, {"node", "remove", "n2"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_THAT(ran.err,
                HasSubstr("node 'n2' is alive (expected a node whose flatland is stopped"));
    EXPECT_THAT(ran.err, HasSubstr("--force"));
}

TEST_F(RealNodeVerb, RefusesWhatMakesNoSense) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"node"},
                                                                   {"node", "mend"},
                                                                   {"node", "remove"},
                                                                   {"node", "remove", "N_3"},
                                                                   {"node", "status", "--force"}})
        EXPECT_EQ(run_flatlan(labs, words).status, ExitStatus::wrong_input)
            << testing::PrintToString(words);
    EXPECT_THAT(labs.removed, IsEmpty());
}

// tests/golden/cli/check_answers holds these files against the schemas.
TEST_F(RealNodeVerb, AnswersInJsonAsScriptsExpect) {
    const std::string other = run_flatlan(labs, {"node", "status", "n3", "-o", "json"}).out;
    EXPECT_EQ(other, golden("answers/node-other.json", other));
    const std::string removed = run_flatlan(labs, {"node", "remove", "n3", "-o", "json"}).out;
    EXPECT_EQ(removed, golden("answers/node-remove.json", removed));
    std::string status = run_flatlan(labs, {"node", "status", "-o", "json"}).out;
    labs.daemon = in_trouble();
    status += run_flatlan(labs, {"node", "status", "-o", "json"}).out;
    EXPECT_EQ(status, golden("answers/node-status.json", status));
    const std::string confirmed =
        run_flatlan(labs, {"ipam", "rebuild", "--confirm", "-o", "json"}).out;
    EXPECT_EQ(confirmed, golden("answers/ipam-rebuild-confirm.json", confirmed));
}

TEST(NodeStatus, IsReadAsItWasWritten) {
    for (const daemon::NodeStatus& status : {sample(), in_trouble()}) {
        const auto read = daemon::node_status_from_json(to_json(status));
        ASSERT_TRUE(read) << read.error().to_string();
        EXPECT_EQ(to_json(read.value()), to_json(status));
    }
    EXPECT_EQ(daemon::node_status_from_json("{}").error().code(), ErrorCode::corrupt);
    EXPECT_EQ(daemon::node_claims_from_json("{\"blocks\":[\"x\"]}").error().code(),
              ErrorCode::corrupt);
    EXPECT_EQ(daemon::node_removed_from_json("").error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace flatlan::cli
