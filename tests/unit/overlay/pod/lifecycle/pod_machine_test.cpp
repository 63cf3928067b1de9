#include "overlay/pod/lifecycle/pod_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/overlay/pod/lifecycle/pod_world.hpp"

namespace flatlan::pod {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using Names = std::vector<std::string>;

PodTemplate pod_of(const Names& names) {
    PodTemplate pod;
    for (const std::string& name : names)
        pod.containers.push_back({.name = name});
    return pod;
}

TEST(PodMachine, StartsAllContainersAtOnceAndRuns) {
    PodWorld world{pod_of({"server", "refresh"})};
    EXPECT_THAT(world.log(), ElementsAre("start server", "start refresh"));
    EXPECT_EQ(world.machine().phase(), PodPhase::running);
    EXPECT_TRUE(world.machine().is_settled());
    EXPECT_TRUE(world.state("server").ready);
}

TEST(PodMachine, StartsInitContainersOneAfterTheOther) {
    PodTemplate pod = pod_of({"server"});
    pod.init_containers = {{.name = "first"}, {.name = "second"}};
    PodWorld world{pod};
    EXPECT_THAT(world.log(), ElementsAre("start first"));
    EXPECT_EQ(world.machine().phase(), PodPhase::pending);
    EXPECT_EQ(world.state("server").reason, "PodInitializing");
    world.end("first", 0);
    EXPECT_THAT(world.log(), ElementsAre("start second"));
    world.end("second", 0);
    EXPECT_THAT(world.log(), ElementsAre("start server"));
    EXPECT_EQ(world.state("first").reason, "Completed");
}

TEST(PodMachine, RepeatsAFailedInitContainerUnlessThePodNeverRestarts) {
    PodTemplate pod = pod_of({"server"});
    pod.init_containers = {{.name = "setup"}};
    PodWorld world{pod};
    world.end("setup", 1);
    EXPECT_THAT(world.log(), ElementsAre("start setup", "start setup"));

    pod.restart_policy = RestartPolicy::never;
    PodWorld strict{pod};
    strict.end("setup", 1);
    EXPECT_THAT(strict.log(), ElementsAre("start setup"));
    EXPECT_EQ(strict.machine().phase(), PodPhase::failed);
    EXPECT_TRUE(strict.machine().is_over());
}

TEST(PodMachine, RestartsWithABackOffThatDoubles) {
    PodWorld world{pod_of({"crash"})};
    world.log();
    world.end("crash", 1);
    EXPECT_THAT(world.log(), ElementsAre("start crash"));
    for (const auto wait : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        SCOPED_TRACE(wait.count());
        world.end("crash", 1);
        EXPECT_EQ(world.state("crash").reason, "CrashLoopBackOff");
        EXPECT_EQ(world.state("crash").last_exit_code, 1);
        world.run_for(wait - 1ms);
        EXPECT_THAT(world.log(), IsEmpty());
        world.run_for(1ms);
        EXPECT_THAT(world.log(), ElementsAre("start crash"));
    }
    EXPECT_EQ(world.state("crash").restarts, 8U);
    world.run_for(600s);
    world.end("crash", 1);
    EXPECT_THAT(world.log(), ElementsAre("start crash")) << "who ran for long begins anew";
}

TEST(PodMachine, RestartsByItsPolicy) {
    PodTemplate pod = pod_of({"job"});
    pod.restart_policy = RestartPolicy::on_failure;
    PodWorld world{pod};
    world.end("job", 3);
    EXPECT_EQ(world.state("job").restarts, 1U);
    world.end("job", 0);
    EXPECT_EQ(world.machine().phase(), PodPhase::succeeded);

    pod.restart_policy = RestartPolicy::never;
    PodWorld never{pod};
    never.end("job", 3);
    EXPECT_EQ(never.machine().phase(), PodPhase::failed);
    EXPECT_EQ(never.state("job").reason, "Error");
    EXPECT_TRUE(never.machine().is_over());
}

TEST(PodMachine, SaysThatAContainerNeverRan) {
    PodTemplate pod = pod_of({"server", "typo"});
    PodWorld world{pod};
    EXPECT_EQ(world.machine().phase(), PodPhase::running);

    PodMachine machine{Instant{}, pod};
    machine.handle_start_failed(Instant{}, 1, "no such file");
    EXPECT_EQ(machine.state(1).last_reason, "StartError");
    EXPECT_EQ(machine.state(1).message, "no such file");
    EXPECT_TRUE(machine.is_settled());
    EXPECT_EQ(machine.phase(), PodPhase::pending);
}

TEST(PodMachine, KeepsSidecarsUntilAllOthersHaveEnded) {
    PodTemplate pod = pod_of({"job"});
    pod.restart_policy = RestartPolicy::never;
    pod.init_containers = {{.name = "proxy", .sidecar = true}};
    PodWorld world{pod};
    EXPECT_THAT(world.log(), ElementsAre("start proxy", "start job"));
    world.end("proxy", 1);
    EXPECT_THAT(world.log(), ElementsAre("start proxy")) << "whatever the pod's policy is";
    world.end("job", 0);
    EXPECT_THAT(world.log(), ElementsAre("terminate proxy"));
    EXPECT_EQ(world.machine().phase(), PodPhase::succeeded);
    EXPECT_TRUE(world.machine().is_over());
}

TEST(PodMachine, WaitsForASidecarsStartupProbe) {
    PodTemplate pod = pod_of({"server"});
    pod.init_containers = {{.name = "proxy", .sidecar = true}};
    pod.init_containers[0].startup =
        Probe{.action = TcpAction{Port{80}}, .initial_delay = 1s, .period = 1s};
    pod.init_containers[0].startup->failure_threshold = 100;
    PodWorld world{pod};
    world.set_probe("proxy", false);
    world.run_for(5s);
    EXPECT_THAT(world.log(), ElementsAre("start proxy"));
    world.set_probe("proxy", true);
    world.run_for(1s);
    EXPECT_THAT(world.log(), ElementsAre("start server"));
}

TEST(PodMachine, EndsInGraceAndThenByForce) {
    PodTemplate pod = pod_of({"good", "deaf"});
    pod.grace_period = 7s;
    PodWorld world{pod};
    world.make_deaf("deaf");
    world.log();
    world.stop();
    EXPECT_THAT(world.log(), ElementsAre("terminate good", "terminate deaf"));
    EXPECT_FALSE(world.machine().is_over());
    world.run_for(6999ms);
    EXPECT_THAT(world.log(), IsEmpty());
    world.run_for(1ms);
    EXPECT_THAT(world.log(), ElementsAre("kill deaf"));
    EXPECT_TRUE(world.machine().is_over());
    EXPECT_EQ(world.state("deaf").last_exit_code, 137);
}

TEST(PodMachine, EndsSidecarsAfterTheOthersWhenStopped) {
    PodTemplate pod = pod_of({"server"});
    pod.init_containers = {{.name = "proxy", .sidecar = true}};
    PodWorld world{pod};
    world.make_deaf("server");
    world.log();
    world.stop();
    EXPECT_THAT(world.log(), ElementsAre("terminate server"));
    world.run_for(30s);
    EXPECT_THAT(world.log(), ElementsAre("kill server", "terminate proxy"));
    EXPECT_TRUE(world.machine().is_over());
}

TEST(PodMachine, RestartsWhatItsLivenessProbeFindsDead) {
    PodTemplate pod = pod_of({"server"});
    pod.containers[0].liveness =
        Probe{.action = TcpAction{Port{80}}, .initial_delay = 5s, .period = 2s};
    PodWorld world{pod};
    world.log();
    world.run_for(20s);
    EXPECT_EQ(world.probes_made, 8U);  // at 5, 7, ... 19 s
    world.set_probe("server", false);
    world.run_for(4s);
    EXPECT_THAT(world.log(), IsEmpty()) << "two failures are not three";
    world.run_for(2s);
    EXPECT_THAT(world.log(), ElementsAre("terminate server", "start server"));
    EXPECT_EQ(world.state("server").message, "liveness probe failed: it said no");
    EXPECT_EQ(world.state("server").restarts, 1U);
}

TEST(PodMachine, IsReadyWhenItsReadinessProbeSaysSo) {
    PodTemplate pod = pod_of({"server"});
    pod.containers[0].readiness =
        Probe{.action = TcpAction{Port{80}}, .initial_delay = 1s, .period = 1s};
    PodWorld world{pod};
    EXPECT_FALSE(world.state("server").ready);
    world.run_for(1s);
    EXPECT_TRUE(world.state("server").ready);
    world.set_probe("server", false);
    world.run_for(3s);
    EXPECT_FALSE(world.state("server").ready);
    EXPECT_EQ(world.state("server").restarts, 0U);
}

TEST(PodMachine, HoldsOtherProbesBackUntilTheStartupProbeSucceeds) {
    PodTemplate pod = pod_of({"slow"});
    pod.containers[0].startup =
        Probe{.action = TcpAction{Port{80}}, .initial_delay = 1s, .period = 1s};
    pod.containers[0].startup->failure_threshold = 5;
    pod.containers[0].liveness = Probe{.action = TcpAction{Port{80}}, .period = 1s};
    PodWorld world{pod};
    world.set_probe("slow", false);
    world.log();
    world.run_for(4s);
    EXPECT_EQ(world.probes_made, 4U);
    world.run_for(1s);
    EXPECT_THAT(world.log(), ElementsAre("terminate slow", "start slow"));
    EXPECT_EQ(world.state("slow").message, "startup probe failed: it said no");
}

TEST(PodMachine, NeedsNoTimeWhileNothingWaits) {
    PodWorld world{pod_of({"server"})};
    EXPECT_FALSE(world.machine().poll_timeout().has_value());
}

}  // namespace
}  // namespace flatlan::pod
