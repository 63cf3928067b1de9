#include "tools/cli/ipam_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ipam::Lease lease(std::string_view key, std::initializer_list<std::string_view> addresses) {
    ipam::Lease made{ipam::LeaseKey::from_text(key).value(), {}, {{}, ipam::NetnsInode{7}}};
    for (const auto text : addresses)
        made.addresses.set(IpAddress::from_text(text).value());
    return made;
}
IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }

/// A lab with a full block, one in every state, and a leak.
lab::IpamReport sample() {
    lab::IpamReport report{.registry_asked = true};
    report.prefixes = {prefix("10.244.0.0/16"), prefix("fd00:10:244::/56")};
    report.blocks = {{prefix("10.244.0.0/26"), "n1", "serving", {.leased = 64}},
                     {prefix("10.244.0.64/26"),
                      "n1",
                      "serving",
                      {.leased = 10, .free = 30, .cooling = 7, .reserved = 16, .excluded = 1}},
                     {prefix("10.244.0.128/26"), "n2", "held", {}},
                     {prefix("10.244.0.192/26"), "n3", "claimed", {}},
                     {prefix("fd00:10:244::/122"), "n1", "serving", {.leased = 1, .free = 63}}};
    report.leases = {{"n1", lease("flatlan/default.web/eth0", {"10.244.0.5", "fd00:10:244::5"})},
                     {"n1", lease("flatlan/default.gone/eth0", {"10.244.0.6"}), true},
                     {"n1", lease("node:n1", {"10.244.0.0"})}};
    report.findings = {{ipam::FindingKind::leaked_lease, "flatlan/default.gone/eth0", "n1",
                        "holds 10.244.0.6, which no network namespace has", "flatlan ipam gc"},
                       {ipam::FindingKind::unconfirmed_claim, "10.244.0.128/26", "n2",
                        "claimed and not confirmed", "restart the node's daemon"}};
    return report;
}

struct IpamVerb : testing::Test {
    IpamVerb() {
        labs.running.push_back(lab_of("three-nodes", 3, 4));
        labs.ipam_reports = {sample()};
    }
    FakeLabs labs;
};

TEST_F(IpamVerb, ShowDrawsHowFullEachBlockIs) {
    const Ran ran = run_flatlan(labs, {"ipam", "show"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out, golden("ipam-show.txt", ran.out));
    EXPECT_THAT(ran.out, HasSubstr("[########################]"));
    EXPECT_THAT(ran.err, IsEmpty());
}

TEST_F(IpamVerb, ShowOfADatabaseSaysThatNoRegistryWasAsked) {
    labs.ipam_reports[0].registry_asked = false;
    const Ran ran = run_flatlan(labs, {"ipam", "show", "--database", "leases.db"});
    EXPECT_THAT(ran.out, HasSubstr("database leases.db\n"));
    EXPECT_THAT(ran.err, HasSubstr("no registry was asked"));
    EXPECT_EQ(labs.ipam_places.at(0).database, "leases.db");
    EXPECT_FALSE(labs.ipam_places.at(0).lab);
}

TEST_F(IpamVerb, CheckNamesWhatIsWrongAndEndsWithOne) {
    const Ran ran = run_flatlan(labs, {"ipam", "check"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_EQ(ran.out, golden("ipam-check.txt", ran.out));
}

TEST_F(IpamVerb, CheckLeavesOutWhatASecondLookDoesNotFind) {
    labs.ipam_reports.push_back(sample());
    labs.ipam_reports[1].findings.erase(labs.ipam_reports[1].findings.begin());
    const Ran ran = run_flatlan(labs, {"ipam", "check"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_THAT(ran.out, HasSubstr("lab three-nodes: 1 problem\n"));
}

TEST_F(IpamVerb, CheckIsContentWhereNothingIsWrong) {
    labs.ipam_reports[0].findings.clear();
    const Ran ran = run_flatlan(labs, {"ipam", "check"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out, "lab three-nodes: nothing is wrong (3 nodes, 5 blocks, 3 leases)\n");
}

TEST_F(IpamVerb, GcReleasesWhatTwoLooksFindUnused) {
    const Ran ran = run_flatlan(labs, {"ipam", "gc"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out, "released flatlan/default.gone/eth0 (10.244.0.6) on n1\n");
    EXPECT_EQ(labs.ipam_places.size(), 2U);
    EXPECT_EQ(labs.paused, Duration{std::chrono::seconds{2}});
    ASSERT_EQ(labs.released.size(), 1U);
}

TEST_F(IpamVerb, GcReleasesNothingInADryRun) {
    const Ran ran = run_flatlan(labs, {"ipam", "gc", "--dry-run"});
    EXPECT_EQ(ran.out, "would release flatlan/default.gone/eth0 (10.244.0.6) on n1\n");
    EXPECT_THAT(labs.released, IsEmpty());
}

TEST_F(IpamVerb, GcLeavesAloneWhatIsUsedByTheSecondLook) {
    labs.ipam_reports.push_back(sample());
    labs.ipam_reports[1].leases[1].unused = false;
    const Ran ran = run_flatlan(labs, {"ipam", "gc"});
    EXPECT_EQ(ran.out, "no lease has leaked\n");
    EXPECT_THAT(labs.released, IsEmpty());
}

TEST_F(IpamVerb, RebuildPassesOnWhatItIsTold) {
    labs.rebuilt.blocks = {prefix("10.244.0.0/26"), prefix("fd00::/122")};
    labs.rebuilt.adopted = {lease("net/a/eth0", {"10.244.0.5"})};
    labs.rebuilt.kept_aside = "leases.db.damaged-1";
    const Ran ran = run_flatlan(labs, {"ipam", "rebuild", "--database", "leases.db", "--blocks",
                                       "10.244.0.0/26,fd00::/122", "--node", "n1"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out, golden("ipam-rebuild.txt", ran.out));
    ASSERT_EQ(labs.rebuilds.size(), 1U);
    EXPECT_THAT(labs.rebuilds[0].blocks,
                ElementsAre(prefix("10.244.0.0/26"), prefix("fd00::/122")));
    EXPECT_EQ(labs.rebuilds[0].node, NodeName::from("n1").value());
}

/// This machine is the node n1, and no lab runs.
struct IpamVerbOnANode : IpamVerb {
    IpamVerbOnANode() {
        labs.running.clear();
        labs.node = node::NodeFile{.name = NodeName::from("n1").value(),
                                   .overlay = {},
                                   .cluster_prefixes = {},
                                   .mtu = OverlayMtu{1450},
                                   .lease_file = "/var/lib/flatlan/leases.sqlite",
                                   .confirmed = {}};
        labs.daemon = daemon::NodeStatus{.node = "n1", .cluster = "default"};
        labs.claims = daemon::NodeClaims{.node = "n1",
                                         .database = "/var/lib/flatlan/leases.sqlite",
                                         .incarnation = ipam::Incarnation{7},
                                         .blocks = {prefix("10.244.0.0/26")}};
        labs.rebuilt.blocks = {prefix("10.244.0.0/26")};
    }
};

TEST_F(IpamVerbOnANode, ItsDaemonIsAsked) {
    EXPECT_EQ(run_flatlan(labs, {"ipam", "show"}).status, ExitStatus::yes);
    EXPECT_EQ(labs.ipam_places.at(0).socket, "/run/flatlan/flatland.sock");
    EXPECT_THAT(labs.ipam_places.at(0).database, IsEmpty());
    run_flatlan(labs, {"ipam", "show", "--socket", "/tmp/s"});
    EXPECT_EQ(labs.ipam_places.at(1).socket, "/tmp/s");
}

TEST_F(IpamVerbOnANode, WhereTheDaemonDoesNotAnswerItsDatabaseIsShown) {
    labs.daemon.reset();
    labs.ipam_reports[0].registry_asked = false;
    const Ran ran = run_flatlan(labs, {"ipam", "show"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(labs.ipam_places.at(0).database, "/var/lib/flatlan/leases.sqlite");
    EXPECT_THAT(ran.err, HasSubstr("flatland does not answer: connect to"));
    EXPECT_THAT(ran.err, HasSubstr("no registry was asked"));
}

TEST_F(IpamVerbOnANode, OfItsOwnDatabaseItIsKnownWhatTheClusterKeepsBack) {
    constexpr const char* kNotKnown = "what its cluster excludes and reserves is not known here";
    labs.node->excluded = {prefix("10.244.0.0/30")};
    labs.node->reserved = {prefix("10.244.0.8/32")};
    const Ran own = run_flatlan(
        labs, {"ipam", "show", "--database", "/var/lib/flatlan/../flatlan/leases.sqlite"});
    EXPECT_THAT(own.err, Not(HasSubstr(kNotKnown)));
    ASSERT_TRUE(labs.ipam_places.at(0).rules);
    EXPECT_THAT(labs.ipam_places[0].rules->excluded, ElementsAre(prefix("10.244.0.0/30")));
    EXPECT_THAT(labs.ipam_places[0].rules->reserved, ElementsAre(prefix("10.244.0.8/32")));
    EXPECT_THAT(run_flatlan(labs, {"ipam", "show", "--database", "other.db"}).err,
                HasSubstr(kNotKnown));
    EXPECT_FALSE(labs.ipam_places.at(1).rules);
}

TEST_F(IpamVerbOnANode, ThatTheRegistryDoesNotAnswerIsSaid) {
    labs.ipam_reports[0].registry_asked = false;
    labs.ipam_reports[0].registry_error = "etcd cannot be reached";
    EXPECT_THAT(run_flatlan(labs, {"ipam", "check"}).err,
                HasSubstr("this machine's data alone: etcd cannot be reached; nothing is said"));
}

TEST_F(IpamVerbOnANode, WithALabBesideOneOfThemMustBeNamed) {
    labs.running.push_back(lab_of("three-nodes", 3, 4));
    const Ran ran = run_flatlan(labs, {"ipam", "show"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("--lab three-nodes or --socket"));
    EXPECT_EQ(run_flatlan(labs, {"ipam", "show", "--lab", "three-nodes"}).status, ExitStatus::yes);
}

TEST_F(IpamVerbOnANode, RebuildTakesTheBlocksFromTheRegistry) {
    const Ran ran = run_flatlan(labs, {"ipam", "rebuild"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_THAT(ran.err, IsEmpty());
    ASSERT_EQ(labs.rebuilds.size(), 1U);
    EXPECT_EQ(labs.rebuilds[0].database, "/var/lib/flatlan/leases.sqlite");
    EXPECT_THAT(labs.rebuilds[0].blocks, ElementsAre(prefix("10.244.0.0/26")));
    EXPECT_EQ(labs.rebuilds[0].incarnation, ipam::Incarnation{7});
    EXPECT_EQ(labs.rebuilds[0].node, NodeName::from("n1").value());
}

TEST_F(IpamVerbOnANode, RebuildTakesNoBlockOfAnotherNode) {
    labs.claims->foreign = {{"n2", prefix("10.244.0.64/26")}};
    for (const char* const blocks : {"10.244.0.64/26", "10.244.0.0/26,10.244.0.64/28"}) {
        const Ran ran = run_flatlan(labs, {"ipam", "rebuild", "--force", "--blocks", blocks});
        EXPECT_EQ(ran.status, ExitStatus::wrong_input);
        EXPECT_THAT(ran.err, AllOf(HasSubstr("block 10.244.0.64/26 is node 'n2's"),
                                   HasSubstr("--blocks 10.244.0.0/26, or none")));
    }
    run_flatlan(labs, {"ipam", "rebuild", "--force", "--blocks", "10.244.0.0/26"});
    EXPECT_TRUE(labs.rebuilds.at(0).forced);
}

TEST_F(IpamVerbOnANode, RebuildOfAnotherDatabaseIsNoneOfTheRegistrys) {
    const Ran ran = run_flatlan(labs, {"ipam", "rebuild", "--database", "other.db"});
    EXPECT_THAT(ran.err, HasSubstr("no registry was asked: the database is not that of"));
    EXPECT_THAT(labs.rebuilds.at(0).blocks, IsEmpty());
    EXPECT_FALSE(labs.rebuilds.at(0).incarnation);
}

TEST_F(IpamVerbOnANode, RebuildWithoutTheDaemonSaysThatNoRegistryWasAsked) {
    labs.claims.reset();
    const Ran ran = run_flatlan(labs, {"ipam", "rebuild"});
    EXPECT_THAT(ran.err, HasSubstr("no registry was asked: connect to"));
    EXPECT_EQ(labs.rebuilds.at(0).database, "/var/lib/flatlan/leases.sqlite");
}

TEST_F(IpamVerbOnANode, ConfirmLetsClaimsGoOnWhereTheyWait) {
    EXPECT_EQ(run_flatlan(labs, {"ipam", "rebuild", "--confirm"}).out,
              "cluster default: no claim waits, nothing was to be confirmed\n");
    EXPECT_EQ(labs.confirmed, 0);
    labs.daemon->claims_paused = true;
    labs.daemon->awaited = {"n3", "n4"};
    EXPECT_EQ(run_flatlan(labs, {"ipam", "rebuild", "--confirm"}).out,
              "cluster default: claims go on without n3, n4\n");
    EXPECT_EQ(labs.confirmed, 1);
    EXPECT_THAT(labs.rebuilds, IsEmpty());
}

TEST_F(IpamVerb, RefusesWhatMakesNoSense) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"ipam"},
             {"ipam", "mend"},
             {"ipam", "rebuild"},
             {"ipam", "show", "--dry-run"},
             {"ipam", "show", "--lab", "three-nodes", "--database", "leases.db"},
             {"ipam", "show", "--socket", "s", "--database", "leases.db"},
             {"ipam", "check", "--confirm"},
             {"ipam", "check", "--force"},
             {"ipam", "rebuild", "--confirm", "--force"},
             {"ipam", "rebuild", "--confirm", "--blocks", "10.244.0.0/26"},
             {"ipam", "rebuild", "--lab", "three-nodes"},
             {"ipam", "rebuild", "--database", "leases.db", "--blocks", "10.244.0.1/26"},
             {"ipam", "rebuild", "--database", "leases.db", "--node", "not a name"}}) {
        const Ran ran = run_flatlan(labs, words);
        EXPECT_EQ(ran.status, ExitStatus::wrong_input) << testing::PrintToString(words);
        EXPECT_THAT(ran.err, HasSubstr("flatlan: "));
    }
    EXPECT_THAT(labs.rebuilds, IsEmpty());
}

// tests/golden/cli/check_answers holds these files against the schemas.
TEST_F(IpamVerb, AnswersInJsonAsScriptsExpect) {
    const auto answer = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"-o", "json"});
        return run_flatlan(labs, words).out;
    };
    const std::string show =
        answer({"ipam", "show"}) + answer({"ipam", "show", "--database", "leases.db"});
    EXPECT_EQ(show, golden("answers/ipam-show.json", show));
    const std::string check = answer({"ipam", "check"});
    EXPECT_EQ(check, golden("answers/ipam-check.json", check));
    const std::string gc = answer({"ipam", "gc"}) + answer({"ipam", "gc", "--dry-run"});
    EXPECT_EQ(gc, golden("answers/ipam-gc.json", gc));
    labs.rebuilt.blocks = {prefix("10.244.0.0/26")};
    labs.rebuilt.kept = {lease("node:n1", {"10.244.0.0", "fd00::"})};
    const std::string rebuild = answer({"ipam", "rebuild", "--database", "leases.db"});
    EXPECT_EQ(rebuild, golden("answers/ipam-rebuild.json", rebuild));
}

TEST(IpamReport, IsReadAsItWasWritten) {
    const lab::IpamReport report = sample();
    const auto read = lab::ipam_report_from_json(lab::to_json(report));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(lab::to_json(read.value()), lab::to_json(report));
    EXPECT_EQ(read.value().findings, report.findings);
    EXPECT_EQ(lab::to_json(lab::leases_from_json(lab::to_json(report.leases)).value()),
              lab::to_json(report.leases));
    EXPECT_EQ(lab::ipam_report_from_json("{}").error().code(), ErrorCode::corrupt);
    EXPECT_EQ(lab::leases_from_json("{\"leases\":[{}]}").error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace flatlan::cli
