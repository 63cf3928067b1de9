#include "overlay/lab/machine/judge_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace flatlan::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A machine on which an ordinary user lacks nothing.
MachineFacts good_machine() {
    MachineFacts facts;
    facts.user = "ada";
    facts.features = {.user_namespace = Trial::success(),
                      .namespaces = Trial::success(),
                      .veth = Trial::success(),
                      .bridge = Trial::success(),
                      .vxlan = Trial::success(),
                      .ipv6 = Trial::success(),
                      .nftables = Trial::success(),
                      .netem = Trial::success(),
                      .tun = Trial::success()};
    facts.max_user_namespaces = facts.max_net_namespaces = 96'365;
    facts.max_ipc_namespaces = facts.max_uts_namespaces = 96'365;
    facts.neighbours_max = 1024;
    facts.open_files_soft = 1024;
    facts.open_files_hard = 20'000;
    facts.memory_total_kib = 4'000'000;
    facts.memory_available_kib = 3'000'000;
    facts.processors = 2;
    facts.tun_mode = "0666 root";
    facts.cgroups = CgroupLayout::v2;
    facts.cgroups_writable = true;
    facts.newuidmap = "/usr/bin/newuidmap";
    facts.subuids = 65'536;
    facts.mapping = Trial::success();
    facts.runtimes = {{"/usr/sbin/runc", Trial::success()}};
    facts.runtime_folder = "/run/user/1000/flatlan";
    facts.runtime_folder_usable = Trial::success();
    return facts;
}

MachineCheck check_of(const MachineFacts& facts, std::string_view name) {
    const MachineReport report = judge_machine(facts);
    const auto found = std::find_if(report.checks.begin(), report.checks.end(),
                                    [&](const MachineCheck& check) { return check.name == name; });
    EXPECT_NE(found, report.checks.end()) << name;
    return found == report.checks.end() ? MachineCheck{} : *found;
}

std::vector<std::string> names(const std::vector<MachineCheck>& checks) {
    std::vector<std::string> out;
    for (const MachineCheck& check : checks)
        out.push_back(check.name);
    return out;
}

TEST(JudgeMachine, FindsNothingWrongWithAGoodMachine) {
    const MachineReport report = judge_machine(good_machine());
    EXPECT_TRUE(report.can_run_lab());
    for (const MachineCheck& check : report.checks) {
        SCOPED_TRACE(check.name);
        EXPECT_EQ(check.state, CheckState::ok) << check.found;
        EXPECT_THAT(check.found, testing::Not(IsEmpty()));
        EXPECT_THAT(check.needed, testing::Not(IsEmpty()));
        EXPECT_THAT(check.purpose, testing::Not(IsEmpty()));
        EXPECT_THAT(check.mend, IsEmpty());
    }
}

TEST(JudgeMachine, NamesTheSettingThatForbidsUserNamespaces) {
    MachineFacts facts = good_machine();
    facts.features = {.user_namespace = Trial::refused("make a user namespace: refused")};

    EXPECT_EQ(check_of(facts, "user namespaces").found, "make a user namespace: refused");
    EXPECT_THAT(check_of(facts, "user namespaces").mend, IsEmpty());

    facts.apparmor_restrict_unprivileged = 1;
    EXPECT_EQ(check_of(facts, "user namespaces").mend,
              "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    facts.max_user_namespaces = 0;
    EXPECT_EQ(check_of(facts, "user namespaces").mend,
              "sudo sysctl -w user.max_user_namespaces=15000");
    facts.unprivileged_userns_clone = 0;
    EXPECT_EQ(check_of(facts, "user namespaces").found, "kernel.unprivileged_userns_clone is 0");
    EXPECT_EQ(check_of(facts, "user namespaces").mend,
              "sudo sysctl -w kernel.unprivileged_userns_clone=1");

    const MachineReport report = judge_machine(facts);
    EXPECT_FALSE(report.can_run_lab());
    EXPECT_THAT(names(report.obstacles()), ElementsAre("user namespaces"));  // the rest follows
    EXPECT_THAT(check_of(facts, "vxlan").found, HasSubstr("not tried"));
    EXPECT_THAT(check_of(facts, "vxlan").mend, IsEmpty());
}

TEST(JudgeMachine, SeesAUserNamespaceWithoutRights) {
    MachineFacts facts = good_machine();
    facts.apparmor_restrict_unprivileged = 1;
    facts.features = {.user_namespace = Trial::success(),
                      .namespaces = Trial::refused("Operation not permitted")};
    EXPECT_EQ(check_of(facts, "user namespaces").state, CheckState::missing);
    EXPECT_THAT(check_of(facts, "user namespaces").mend, HasSubstr("apparmor"));
}

TEST(JudgeMachine, AsksNoUserNamespaceOfWhoNeedsNone) {
    MachineFacts facts = good_machine();
    facts.with_rights = true;
    facts.features.user_namespace = {};
    facts.max_user_namespaces = 0;
    facts.mapping = {};
    facts.newuidmap.clear();
    EXPECT_EQ(check_of(facts, "user namespaces").state, CheckState::ok);
    EXPECT_EQ(check_of(facts, "user ids").state, CheckState::ok);
    EXPECT_TRUE(judge_machine(facts).can_run_lab());
}

TEST(JudgeMachine, LabsRunWithoutWhatOnlySomeOfThemNeed) {
    MachineFacts facts = good_machine();
    facts.features.bridge = facts.features.ipv6 = Trial::refused("Operation not supported");
    facts.features.nftables = facts.features.netem = Trial::refused("No such file or directory");
    facts.features.tun = Trial::refused("open /dev/net/tun: Permission denied");
    facts.tun_mode = "0600 root";
    facts.runtimes.clear();
    facts.newuidmap.clear();
    facts.mapping = {};
    facts.cgroups_writable = false;
    EXPECT_TRUE(judge_machine(facts).can_run_lab());
    for (const char* name :
         {"bridge", "ipv6", "nftables", "tun", "oci runtime", "user ids", "cgroups"})
        EXPECT_EQ(check_of(facts, name).state, CheckState::limited) << name;
    EXPECT_EQ(check_of(facts, "netem").state, CheckState::ok);
    EXPECT_EQ(check_of(facts, "netem").found, "none, not needed");
    EXPECT_THAT(check_of(facts, "tun").found, HasSubstr("0600 root"));
    EXPECT_EQ(check_of(facts, "tun").mend, "sudo chmod 0666 /dev/net/tun");
    EXPECT_EQ(check_of(facts, "oci runtime").mend, "sudo apt-get install runc");
}

TEST(JudgeMachine, LabsDoNotRunWithoutVethAndVxlan) {
    MachineFacts facts = good_machine();
    facts.features.vxlan = Trial::refused("create vxlan device: Operation not supported");
    EXPECT_THAT(names(judge_machine(facts).obstacles()), ElementsAre("vxlan"));
    EXPECT_EQ(check_of(facts, "vxlan").mend, "sudo modprobe vxlan");
}

TEST(JudgeMachine, OneWorkingRuntimeIsEnough) {
    MachineFacts facts = good_machine();
    facts.runtimes = {{"/usr/bin/crun", Trial::refused("hybrid mode not supported")},
                      {"/usr/sbin/runc", Trial::success()}};
    EXPECT_EQ(check_of(facts, "oci runtime").state, CheckState::ok);
    EXPECT_EQ(check_of(facts, "oci runtime").found,
              "/usr/bin/crun: hybrid mode not supported; /usr/sbin/runc works");
    facts.runtimes.pop_back();
    EXPECT_EQ(check_of(facts, "oci runtime").state, CheckState::limited);
}

TEST(JudgeMachine, CountsTheNamespacesOfAThousandPods) {
    MachineFacts facts = good_machine();
    facts.max_net_namespaces = 1000;
    facts.max_uts_namespaces = 500;
    facts.max_ipc_namespaces = std::nullopt;
    const MachineCheck check = check_of(facts, "namespace limits");
    EXPECT_EQ(check.state, CheckState::limited);
    EXPECT_EQ(check.found, "user.max_net_namespaces is 1000, user.max_uts_namespaces is 500");
    EXPECT_EQ(check.mend,
              "sudo sysctl -w user.max_net_namespaces=15000 user.max_uts_namespaces=15000");
}

TEST(JudgeMachine, NamesTheLimitThatRefusesNamespaces) {
    MachineFacts facts = good_machine();
    facts.max_pid_namespaces = 0;
    facts.features = {.user_namespace = Trial::success(),
                      .namespaces = Trial::refused("No space left on device")};
    const MachineReport report = judge_machine(facts);
    EXPECT_THAT(names(report.obstacles()), ElementsAre("network namespaces"));
    EXPECT_EQ(check_of(facts, "network namespaces").found,
              "No space left on device; user.max_pid_namespaces is 0");
    EXPECT_EQ(check_of(facts, "network namespaces").mend,
              "sudo sysctl -w user.max_pid_namespaces=15000");
}

TEST(JudgeMachine, MeasuresFilesAndMemoryByAThousandPods) {
    MachineFacts facts = good_machine();
    facts.open_files_hard = 1024;
    facts.memory_available_kib = 100'000;
    EXPECT_EQ(check_of(facts, "open files").state, CheckState::limited);
    EXPECT_THAT(check_of(facts, "open files").mend, HasSubstr("ada hard nofile"));
    EXPECT_EQ(check_of(facts, "memory").state, CheckState::limited);
    EXPECT_TRUE(judge_machine(facts).can_run_lab());
}

TEST(JudgeMachine, OffersDelegationWhereSystemdCanDelegate) {
    MachineFacts facts = good_machine();
    facts.cgroups_writable = false;
    EXPECT_THAT(check_of(facts, "cgroups").mend, IsEmpty());
    facts.systemd = true;
    EXPECT_THAT(check_of(facts, "cgroups").mend, HasSubstr("Delegate=yes"));
    facts.cgroups = CgroupLayout::hybrid;
    EXPECT_THAT(check_of(facts, "cgroups").mend, IsEmpty());
}

TEST(JudgeMachine, NeedsADirectoryOfTheUsersOwn) {
    MachineFacts facts = good_machine();
    facts.runtime_folder_usable = Trial::refused("/tmp/flatlan-1000 is not of this user alone");
    EXPECT_THAT(names(judge_machine(facts).obstacles()), ElementsAre("runtime directory"));
}

}  // namespace
}  // namespace flatlan::lab
