#include "tools/daemon/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHead = "apiVersion: flatlan/v1\nkind: Daemon\nspec:\n";

Result<Settings> of_file(const std::string& text) {
    Settings settings;
    FLATLAN_TRY_VOID(read_settings_file(text, "flatland.yaml", settings));
    return settings;
}

Result<Settings> of_flags(std::vector<std::string> words) {
    FLATLAN_TRY(arguments, cli::Arguments::parse(usage(), words));
    return read_settings(arguments);
}

std::string refusal(const Result<Settings>& read) {
    return read ? "it was not refused" : read.error().to_string();
}

TEST(Settings, AreReadFromAFile) {
    const auto read = of_file(kHead + R"(
  nodeName: n1
  registry:
    etcd: {endpoints: ["http://192.0.2.1:2379", "http://[2001:db8::1]:2379"], user: node}
  podCIDRs: [10.1.0.0/16, fd00::/56]
  tunnel: {backend: user, vni: 7, senderCheck: on, peerCounts: off}
  underlay: {interface: eth1}
  offlineMax: 1h
)");
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read.value().node_name->text(), "n1");
    EXPECT_EQ(read.value().registry.etcd.endpoints.size(), 2U);
    EXPECT_EQ(read.value().registry.etcd.user, "node");
    EXPECT_EQ(read.value().pod_cidrs.size(), 2U);
    EXPECT_EQ(read.value().backend, tunnel::BackendKind::user);
    EXPECT_EQ(read.value().wish.vni, Vni{7});
    EXPECT_EQ(read.value().wish.sender_check, tunnel::SenderCheck::on);
    EXPECT_EQ(read.value().wish.peer_counts, tunnel::PeerCounts::off);
    EXPECT_EQ(read.value().underlay_interface->text(), "eth1");
    EXPECT_EQ(read.value().wish.offline_max, Duration{1h});
}

TEST(Settings, NameFileAndLineOfWhatIsWrong) {
    EXPECT_EQ(refusal(of_file(kHead + "  tunel: {vni: 7}\n")),
              "flatland.yaml:4: spec.tunel is no setting");
    EXPECT_EQ(refusal(of_file(kHead + "  tunnel:\n    vnl: 7\n")),
              "flatland.yaml:5: spec.tunnel.vnl is no setting (expected spec.tunnel.vni)");
    EXPECT_THAT(refusal(of_file(kHead + "  tunnel: {vni: 16777216}\n")),
                HasSubstr("flatland.yaml:4: spec.tunnel.vni: "));
    EXPECT_EQ(refusal(of_file(kHead + "  nodeName: {a: b}\n")),
              "flatland.yaml:4: spec.nodeName has no value");
    EXPECT_THAT(refusal(of_file("kind: Lab\napiVersion: flatlan/v1\n")),
                HasSubstr("flatland.yaml:1: kind is another one (expected kind: Daemon)"));
    EXPECT_THAT(refusal(of_file("")), HasSubstr("the file has 0 documents"));
}

TEST(Settings, LetOtherMachinesReadMetricsOnlyIfThatIsSaid) {
    const std::string file = kHead + "  metrics: {listen: \"10.0.0.1:9400\", remote: allow}\n";
    ASSERT_TRUE(of_file(file)) << refusal(of_file(file));
    EXPECT_TRUE(of_flags({"--metrics", "127.0.0.1:9400"}));
    EXPECT_TRUE(of_flags({"--metrics", "10.0.0.1:9400", "--metrics-remote", "allow"}));
    for (const char* const place : {"10.0.0.1:9400", "0.0.0.0:9400", "[::]:9400"})
        EXPECT_THAT(
            refusal(of_flags({"--metrics", place})),
            HasSubstr("--metrics: other machines could read the metrics at " + std::string{place}));
}

TEST(Settings, NameTheFlagOfWhatIsWrong) {
    EXPECT_THAT(refusal(of_flags({"--node-name", "N_1"})), HasSubstr("--node-name: "));
    EXPECT_THAT(refusal(of_flags({"--etcd", "192.0.2.1"})), HasSubstr("--etcd: "));
    EXPECT_THAT(refusal(of_flags({"--pod-cidrs", "10.0.0.1/8"})), HasSubstr("--pod-cidrs: "));
    EXPECT_THAT(refusal(of_flags({"--pod-cidrs", "10.0.0.0/8,10.1.0.0/16"})),
                HasSubstr("--pod-cidrs: "));
    EXPECT_THAT(refusal(of_flags({"--pod-cidrs", "10.0.0.0/27"})), HasSubstr("--pod-cidrs: "));
    EXPECT_THAT(refusal(of_flags({"--block-size-ipv4", "24"})),
                HasSubstr("--block-size-ipv4: a block size without prefixes"));
    EXPECT_THAT(refusal(of_flags({"--state-dir", "here"})),
                HasSubstr("--state-dir: 'here' is no absolute path"));
    EXPECT_THAT(refusal(of_flags({"--backend", "ebpf"})), HasSubstr("--backend: "));
    EXPECT_THAT(refusal(of_flags({"--log-level", "loud"})), HasSubstr("--log-level: "));
    EXPECT_THAT(refusal(of_flags({"--sqlite", "/r.sqlite", "--etcd", "http://192.0.2.1:2379"})),
                HasSubstr("--sqlite: two registries"));
    EXPECT_THAT(refusal(of_flags({"--reclaim-after", "1h"})),
                HasSubstr("expected an offlineMax less than reclaimAfter"));
    EXPECT_THAT(
        refusal(of_flags({"--pod-cidrs", "10.0.0.0/24", "--exclude", "10.0.0.1,10.0.1.0/28"})),
        HasSubstr("--exclude, --reserve: excluded prefix 10.0.1.0/28 lies in none of the pods' "
                  "prefixes (expected a part of 10.0.0.0/24 in blocks of /26)"));
    // A node would claim one block after the other and never get an address.
    EXPECT_THAT(refusal(of_flags({"--pod-cidrs", "10.0.0.0/24", "--exclude",
                                  "10.0.0.0/25,10.0.0.128/26", "--reserve", "10.0.0.192/26"})),
                HasSubstr("leaves no address of 10.0.0.0/24 (expected prefixes that leave some"));
    EXPECT_TRUE(of_flags({"--pod-cidrs", "10.0.0.0/24", "--exclude", "10.0.0.0/25,10.0.0.192/26"}));
    EXPECT_THAT(refusal(of_flags({"--pod-cidrs", "127.0.0.0/8"})),
                HasSubstr("--pod-cidrs: 127.0.0.0/8 overlaps the loopback range 127.0.0.0/8 "
                          "(expected a range for hosts, such as 10.244.0.0/16)"));
    EXPECT_THAT(refusal(of_flags({"--reserve", "10.0.0.1/28"})), HasSubstr("--reserve: "));
    EXPECT_THAT(refusal(of_flags({"--borrow", "all"})), HasSubstr("--borrow: "));
    EXPECT_THAT(refusal(of_flags({"--peer-counts", "few"})), HasSubstr("--peer-counts: "));
    EXPECT_THAT(refusal(of_file(kHead + "  tunnel: {senderCheck: true}\n")),
                HasSubstr("spec.tunnel.senderCheck: 'true' is no choice (expected on or off)"));
    EXPECT_THAT(refusal(of_flags({"--metrics", "9400"})), HasSubstr("--metrics: "));
    EXPECT_THAT(refusal(of_flags({"--metrics-remote", "yes"})), HasSubstr("--metrics-remote: "));
    EXPECT_THAT(refusal(of_flags({"--node-nam", "n1"})),
                HasSubstr("'flatland' has no such option"));
    EXPECT_THAT(refusal(of_flags({"--config", "/nowhere.yaml"})), HasSubstr("--config: "));
}

TEST(Settings, TellWhichFlagsDiffer) {
    const auto one = of_flags({"--vni", "1", "--log-level", "info"}).value();
    const auto other = of_flags({"--log-level", "debug", "--vni", "1", "--port", "1"}).value();
    EXPECT_THAT(differing(one, other), ElementsAre("port", "log-level"));
    EXPECT_THAT(differing(one, one), ElementsAre());
}

TEST(Settings, HaveEachAFlagAndAPathOfItsOwn) {
    std::set<std::string_view> flags;
    std::set<std::string_view> paths;
    for (const Setting& setting : all_settings()) {
        EXPECT_TRUE(flags.insert(setting.flag).second) << setting.flag;
        EXPECT_TRUE(paths.insert(setting.path).second) << setting.path;
    }
}

}  // namespace
}  // namespace flatlan::daemon
