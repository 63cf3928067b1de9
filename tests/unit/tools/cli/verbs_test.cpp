#include "tools/cli/verbs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

const Terminal kTerminal{.interactive = true, .columns = 100};

TEST(UpVerb, SaysWhatRunsAndWhatToTryNext) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {"up", "lab.yaml"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_THAT(labs.files_read, ElementsAre("lab.yaml"));
    EXPECT_THAT(ran.out, MatchesRegex("lab three-nodes is Running: 3 nodes, 4 pods, [0-9]+ ms\n"));
    EXPECT_EQ(ran.err, golden("next-steps.txt", ran.err));
}

TEST(UpVerb, NamesTheLabInItsHintsWhenItIsNotTheOnlyOne) {
    FakeLabs labs;
    labs.running.push_back(lab_of("other", 1, 1));
    const Ran ran = run_flatlan(labs, {"up", "lab.yaml"});
    EXPECT_THAT(ran.err, HasSubstr("flatlan ps --lab three-nodes"));
    EXPECT_THAT(ran.err, HasSubstr("flatlan down --lab three-nodes"));
}

TEST(UpVerb, RedrawsOneLineOfProgressOnATerminalAndErasesIt) {
    FakeLabs labs;
    const std::string err = run_flatlan(labs, {"up", "lab.yaml"}, kTerminal).err;
    EXPECT_THAT(err, HasSubstr("\r\x1b[Knodes [######..............] 1/3"));
    EXPECT_THAT(err, HasSubstr("\r\x1b[Kpods [####################] 4/4\r\x1b[KTry next:"));
    EXPECT_THAT(run_flatlan(labs, {"up", "lab.yaml"}).err, Not(HasSubstr("\r")));
}

TEST(UpVerb, PrintsTheFilesWarningsForPeopleOrInTheAnswer) {
    FakeLabs labs;
    labs.warnings = {"lab.yaml:7: livenessProbe is not done"};
    EXPECT_THAT(run_flatlan(labs, {"up", "lab.yaml"}).err,
                HasSubstr("warning: lab.yaml:7: livenessProbe is not done\n"));
    const Ran json = run_flatlan(labs, {"up", "lab.yaml", "-o", "json"});
    EXPECT_THAT(json.out, HasSubstr(R"("warnings":["lab.yaml:7: livenessProbe is not done"])"));
    EXPECT_THAT(json.err, IsEmpty());
}

TEST(UpVerb, TakesAFileThatCannotBeReadForWrongInput) {
    FakeLabs labs;
    labs.file_failure = Error{ErrorCode::not_found, "No such file or directory"}.at("lab.yaml");
    const Ran ran = run_flatlan(labs, {"up", "lab.yaml"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_EQ(ran.err, "flatlan: lab.yaml: No such file or directory\n");
}

TEST(UpVerb, UsesTheDoctorsWordsWhereTheMachineForbidsLabs) {
    FakeLabs labs;
    labs.failure = Error::from_errno(ENOSPC, "make the lab's namespaces");
    labs.machine.checks = {{.name = "user namespaces",
                            .state = lab::CheckState::missing,
                            .required = true,
                            .found = "user.max_user_namespaces is 0",
                            .needed = "at least 1",
                            .purpose = "labs without root",
                            .mend = "sudo sysctl user.max_user_namespaces=10000"}};
    const Ran ran = run_flatlan(labs, {"up", "lab.yaml"});
    EXPECT_EQ(ran.status, ExitStatus::forbidden);
    EXPECT_THAT(ran.err, HasSubstr("make the lab's namespaces: No space left on device"));
    EXPECT_THAT(ran.err, HasSubstr("user.max_user_namespaces is 0"));
    EXPECT_THAT(ran.err, HasSubstr("sudo sysctl user.max_user_namespaces=10000"));
}

TEST(UpVerb, DoesNotCallTheDoctorForAPersonsMistake) {
    FakeLabs labs;
    labs.failure = Error{ErrorCode::already_exists, "a lab of that name runs"};
    EXPECT_EQ(run_flatlan(labs, {"up", "lab.yaml"}).status, ExitStatus::no);
    EXPECT_EQ(labs.examinations, 0);
}

TEST(ApplyVerb, CountsWhatChanged) {
    FakeLabs labs;
    labs.applied = {.nodes_added = 1, .pods_removed = 2};
    EXPECT_THAT(run_flatlan(labs, {"apply", "lab.yaml"}).out,
                HasSubstr("lab three-nodes: 1 node added, 2 pods removed, "));
    labs.applied = {};
    EXPECT_THAT(run_flatlan(labs, {"apply", "lab.yaml"}).out, HasSubstr("nothing to change"));
}

TEST(ApplyVerb, PointsAtUpWhereNoSuchLabRuns) {
    FakeLabs labs;
    labs.failure = Error{ErrorCode::not_found, "no lab three-nodes runs"};
    const Ran ran = run_flatlan(labs, {"apply", "lab.yaml"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_THAT(ran.err, HasSubstr("'flatlan up lab.yaml' first"));
}

TEST(DownVerb, EndsTheLabThatIsNamedOrTheOnlyOne) {
    FakeLabs labs;
    labs.running = {lab_of("a", 1, 1), lab_of("b", 1, 1)};
    EXPECT_EQ(run_flatlan(labs, {"down"}).status, ExitStatus::no);
    EXPECT_EQ(run_flatlan(labs, {"down", "b"}).status, ExitStatus::yes);
    EXPECT_EQ(run_flatlan(labs, {"down"}).status, ExitStatus::yes);
    EXPECT_THAT(labs.stopped, ElementsAre("b", "a"));
}

TEST(DownVerb, RefusesTwoNames) {
    FakeLabs labs;
    labs.running = {lab_of("a", 1, 1), lab_of("b", 1, 1)};
    EXPECT_EQ(run_flatlan(labs, {"down", "a", "--lab", "b"}).status, ExitStatus::wrong_input);
    EXPECT_THAT(labs.stopped, IsEmpty());
}

TEST(LsVerb, ListsLabs) {
    FakeLabs labs;
    labs.running = {lab_of("three-nodes", 3, 12), lab_of("big", 100, 1000)};
    EXPECT_EQ(run_flatlan(labs, {"ls"}).out,
              "LAB          STATE    NODES  PODS   PID\n"
              "three-nodes  Running      3    12  4711\n"
              "big          Running    100  1000  4711\n");
}

TEST(LsVerb, SaysHowToStartALabWhereNoneRuns) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {"ls"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_THAT(ran.err, HasSubstr("flatlan up FILE"));
    EXPECT_EQ(run_flatlan(labs, {"ls", "-o", "json"}).out, "{\"labs\":[]}\n");
}

TEST(ExecVerb, PassesTheCommandAndItsStatusOn) {
    FakeLabs labs;
    labs.running = {lab_of("a", 2, 2)};
    for (const int status : {0, 1, 2, 3, 4, 37, 126, 127, 143, 255}) {
        labs.command_ends_with = status;
        const Ran ran = run_flatlan(labs, {"exec", "pod-2", "--", "sh", "-c", "exit 1"});
        EXPECT_EQ(static_cast<int>(ran.status), status);
    }
    EXPECT_EQ(labs.exec_path, "/v1/pods/default/pod-2");
    EXPECT_THAT(labs.exec_command, ElementsAre("sh", "-c", "exit 1"));
}

TEST(ExecVerb, TakesTheFlagsThatKubectlWants) {
    FakeLabs labs;
    labs.running = {lab_of("a", 2, 2)};
    EXPECT_EQ(run_flatlan(labs, {"exec", "-it", "pod-1", "--", "sh"}).status, ExitStatus::yes);
    EXPECT_THAT(labs.exec_command, ElementsAre("sh"));
}

TEST(ExecVerb, RunsAShellWithoutACommand) {
    FakeLabs labs;
    labs.running = {lab_of("a", 2, 2)};
    EXPECT_EQ(run_flatlan(labs, {"exec", "node/n2"}).status, ExitStatus::yes);
    EXPECT_EQ(labs.exec_path, "/v1/nodes/n2");
    ASSERT_EQ(labs.exec_command.size(), 1U);
    EXPECT_THAT(labs.exec_command.front(), MatchesRegex(".*sh"));
}

TEST(ExecVerb, EndsWith125WheneverItFailsItself) {
    FakeLabs labs;
    EXPECT_EQ(run_flatlan(labs, {"exec", "pod-1"}).status, ExitStatus::exec_failed);
    labs.running = {lab_of("a", 2, 2)};
    EXPECT_EQ(run_flatlan(labs, {"exec"}).status, ExitStatus::exec_failed);
    EXPECT_EQ(run_flatlan(labs, {"exec", "pod-1", "ls"}).status, ExitStatus::exec_failed);
    EXPECT_EQ(run_flatlan(labs, {"exec", "nobody"}).status, ExitStatus::exec_failed);
    labs.failure = Error{ErrorCode::forbidden, "enter the lab"};
    EXPECT_EQ(run_flatlan(labs, {"exec", "pod-1"}).status, ExitStatus::exec_failed);
}

TEST(ExecVerb, SuggestsPodsOfANearName) {
    FakeLabs labs;
    labs.running = {lab_of("a", 2, 2)};
    EXPECT_EQ(run_flatlan(labs, {"exec", "pdo-1"}).err,
              "flatlan: lab a has no pod or node 'pdo-1' (expected pod-1)\n");
}

TEST(VersionVerb, IsAlsoAFlag) {
    FakeLabs labs;
    EXPECT_THAT(run_flatlan(labs, {"version"}).out,
                MatchesRegex("flatlan [0-9]+\\.[0-9]+\\.[0-9]+\n"));
    EXPECT_EQ(run_flatlan(labs, {"--version"}).out, run_flatlan(labs, {"version"}).out);
}

TEST(DoctorVerb, ShowsNeedAndMendOfWhatIsNotWell) {
    FakeLabs labs;
    labs.machine.checks = {{.name = "vxlan", .found = "made one", .purpose = "the tunnel"},
                           {.name = "open files",
                            .state = lab::CheckState::limited,
                            .found = "1024",
                            .needed = "20000",
                            .purpose = "large labs",
                            .mend = "ulimit -n 20000"}};
    const Ran well = run_flatlan(labs, {"doctor"});
    EXPECT_EQ(well.status, ExitStatus::yes);
    EXPECT_EQ(well.out,
              "ok       vxlan       made one\n"
              "limited  open files  1024\n"
              "         needed: 20000, for large labs\n"
              "         mend:   ulimit -n 20000\n"
              "\nThis machine can run labs.\n");
    labs.machine.checks[0].state = lab::CheckState::missing;
    labs.machine.checks[0].required = true;
    const Ran ill = run_flatlan(labs, {"doctor"});
    EXPECT_EQ(ill.status, ExitStatus::forbidden);
    EXPECT_THAT(ill.out, HasSubstr("cannot run labs. It lacks: vxlan."));
}

TEST(UpkeepVerb, TurnsItOffAndOnInTheLabThatIsMeant) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1), lab_of("other", 1, 1)};
    const Ran off = run_flatlan(labs, {"upkeep", "off", "other"});
    EXPECT_EQ(off.status, ExitStatus::yes);
    EXPECT_THAT(off.out, HasSubstr("lab other"));
    EXPECT_TRUE(labs.running[0].upkeep);
    EXPECT_FALSE(labs.running[1].upkeep);
    EXPECT_THAT(run_flatlan(labs, {"ps", "other"}).out, HasSubstr("upkeep off"));
    EXPECT_EQ(run_flatlan(labs, {"upkeep", "on", "--lab", "other"}).status, ExitStatus::yes);
    EXPECT_TRUE(labs.running[1].upkeep);
}

TEST(NodeVerb, StopsAndStartsTheNodeThatIsMeant) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 2, 1)};
    const Ran off = run_flatlan(labs, {"node", "stop", "n2"});
    EXPECT_EQ(off.status, ExitStatus::yes);
    EXPECT_EQ(off.out, "node n2 of lab demo is stopped\n");
    EXPECT_EQ(labs.running[0].nodes[0].state, lab::Phase::running);
    EXPECT_EQ(labs.running[0].nodes[1].state, lab::Phase::pending);
    const Ran on = run_flatlan(labs, {"node", "start", "node/n2", "-ojson"});
    EXPECT_EQ(on.out, R"({"lab":"demo","node":"n2","power":"on"})"
                      "\n");
    EXPECT_EQ(labs.running[0].nodes[1].state, lab::Phase::running);
}

TEST(NodeVerb, NamesTheNearestNode) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 2, 1)};
    const Ran ran = run_flatlan(labs, {"node", "stop", "n22"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("lab demo has no node 'n22' (expected n2)"));
}

TEST(UpkeepVerb, KnowsTwoStates) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    const Ran ran = run_flatlan(labs, {"upkeep", "maybe"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("on or off"));
}

TEST(FaultVerb, MakesListsAndTakesAway) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 2, 2)};
    const Ran made = run_flatlan(labs, {"fault", "add", "route-missing", "node/n1", "pod-2"});
    EXPECT_EQ(made.status, ExitStatus::yes) << made.err;
    EXPECT_EQ(made.out, "1  route-missing at node/n1, towards default/pod-2: changed something\n");
    EXPECT_EQ(labs.faults[0].request.towards, "default/pod-2");
    EXPECT_EQ(run_flatlan(labs, {"fault", "ls"}).out, made.out);
    EXPECT_THAT(run_flatlan(labs, {"fault", "rm", "1"}).out, HasSubstr("taken away: 1"));
    EXPECT_THAT(run_flatlan(labs, {"fault", "ls"}).err, HasSubstr("no fault"));
}

TEST(FaultVerb, SaysWhatIsWrongWithARequest) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 2, 2)};
    const auto refused = [&](std::vector<std::string> words) {
        const Ran ran = run_flatlan(labs, std::move(words));
        EXPECT_EQ(ran.status, ExitStatus::wrong_input);
        return ran.err;
    };
    EXPECT_THAT(refused({"fault", "add", "route-mising", "node/n1", "pod-2"}),
                HasSubstr("route-missing"));
    EXPECT_THAT(refused({"fault", "add", "route-missing", "node/n3", "pod-2"}), HasSubstr("AT"));
    EXPECT_THAT(refused({"fault", "add", "route-missing", "node/n1"}), HasSubstr("TOWARDS"));
    EXPECT_THAT(refused({"fault", "add", "route-missing"}), HasSubstr("no AT"));
    EXPECT_THAT(refused({"fault", "rm", "first"}), HasSubstr("or all"));
    EXPECT_THAT(refused({"fault", "ls", "route-missing"}), HasSubstr("takes no fault"));
    EXPECT_TRUE(labs.faults.empty());
}

}  // namespace
}  // namespace flatlan::cli
