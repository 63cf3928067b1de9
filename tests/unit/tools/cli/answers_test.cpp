#include "tools/cli/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::HasSubstr;

// Scripts rely on these texts. tests/golden/cli/check_answers holds the same files against the
// schemas.
void expect_golden(const std::string& answer, const std::string& lines) {
    EXPECT_EQ(lines, golden("answers/" + answer + ".json", lines));
}

TEST(Answers, AnErrorHasFourFieldsWhateverItsCode) {
    std::string lines;
    for (auto code = ErrorCode::invalid_argument; code <= ErrorCode::system;
         code = static_cast<ErrorCode>(static_cast<int>(code) + 1))
        lines += error_json(Error{code, "make the pod web"}) + '\n';
    lines += error_json(Error{ErrorCode::invalid_argument, "\"nods\" is no key"}
                            .at("lab.yaml:3")
                            .expecting("nodes")) +
             '\n';
    expect_golden("error", lines);
}

TEST(Answers, AnErrorIsJsonWhateverOctetsItsTextHas) {
    EXPECT_THAT(error_json(Error{ErrorCode::not_found, "no file \xff\"\n"}),
                HasSubstr("\"no file \xef\xbf\xbd\\\"\\n\""));
}

TEST(Answers, OfEachVerb) {
    const lab::LabStatus status = lab_of("three-nodes", 3, 4, true);
    const lab::LabEntry entry{
        .name = status.lab, .state = status.state, .nodes = 3, .pods = 4, .pid = 4711};
    const std::vector<std::string> warnings{"lab.yaml:7: livenessProbe is not done"};
    const Duration took = std::chrono::microseconds{312'900};
    expect_golden("ls", ls_json({}) + '\n' + ls_json(std::vector{entry, entry}) + '\n');
    expect_golden("up", up_json(status, took, warnings) + '\n');
    expect_golden(
        "apply",
        apply_json(status.lab,
                   {.nodes_added = 1, .nodes_removed = 2, .pods_added = 3, .pods_removed = 4}, took,
                   {}) +
            '\n');
    expect_golden("scale",
                  scale_json(status.lab, {.kind = "deployment", .name = "web", .replicas = 5},
                             {.before = 2, .changes = {}}, took) +
                      '\n');
    expect_golden("down", down_json(status.lab, took) + '\n');
    expect_golden("upkeep",
                  upkeep_json(status.lab, true) + '\n' + upkeep_json(status.lab, false) + '\n');
    expect_golden("node-power", node_power_json(status.lab, status.nodes[0].name, false) + '\n' +
                                    node_power_json(status.lab, status.nodes[0].name, true) + '\n');
    const lab::FaultRequest fault{
        .fault = "route-missing", .at = "node/n1", .towards = "default/pod-2"};
    expect_golden("fault", lab::to_json(std::vector<lab::FaultRecord>{}) + '\n' +
                               lab::to_json(std::vector{lab::FaultRecord{1, fault, "done"}}) +
                               '\n');
    expect_golden("fault-kinds", fault_kinds_json(lab::fault_kinds()) + '\n');
}

TEST(Answers, OfPsWithEveryKindOfState) {
    lab::LabStatus status = lab_of("three-nodes", 2, 5, true);
    status.pods[0].containers = {{.name = "server", .state = "Running", .restarts = 2}};
    const lab::Phase phases[] = {lab::Phase::pending, lab::Phase::running, lab::Phase::succeeded,
                                 lab::Phase::failed, lab::Phase::terminating};
    for (std::size_t i = 0; i < std::size(phases); ++i)
        status.pods[i].state = phases[i];
    expect_golden("ps", lab::to_json(status) + '\n' + lab::to_json(lab_of("empty", 1, 0)) + '\n');
}

TEST(Answers, OfLogs) {
    FakeLabs labs;
    labs.running = {lab_with_containers()};
    labs.log_lines = {{"2026-01-31T09:30:00.123456789Z", "stdout", "GET / 200"},
                      {"2026-01-31T09:30:01.000000000Z", "stderr", "no UTF-8: \xff"}};
    expect_golden("logs", run_flatlan(labs, {"logs", "pod-1", "-c", "refresh", "-o", "json"}).out);
}

TEST(Answers, OfReachWithAndWithoutAFailure) {
    FakeLabs labs;
    labs.running = {lab_of("three-nodes", 1, 1)};
    std::string lines = run_flatlan(labs, {"reach", "-o", "json"}).out;
    labs.reach_failures.push_back(
        {.pair = {probe::MemberId{0}, probe::MemberId{0}},
         .lane = {IpFamily::ipv6, probe::Protocol::tcp},
         .finding = {probe::Property::source_kept, probe::Verdict::source_rewritten},
         .evidence = {}});
    lines += run_flatlan(labs, {"reach", "-o", "json"}).out;
    expect_golden("reach", lines);
}

TEST(Answers, OfDoctor) {
    lab::MachineReport report;
    report.checks = {{.name = "veth", .found = "made one", .needed = "veth", .purpose = "links"},
                     {.name = "vxlan",
                      .state = lab::CheckState::missing,
                      .required = true,
                      .found = "Operation not supported",
                      .needed = "VXLAN devices",
                      .purpose = "the kernel backend",
                      .mend = "sudo modprobe vxlan"}};
    expect_golden("doctor", doctor_json(report) + '\n');
}

}  // namespace
}  // namespace flatlan::cli
