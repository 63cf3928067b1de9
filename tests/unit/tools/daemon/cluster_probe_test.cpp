#include "tools/daemon/probes/cluster_probe.hpp"

#include <gtest/gtest.h>

#include <future>

#include "overlay/probe/cluster/notes.hpp"
#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/registry/memory_registry.hpp"
#include "tools/daemon/api/cluster_join.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kNodes = 1000;
constexpr std::size_t kSample = 3000;
const LabName kCluster = LabName::from("large").value();

/// Names as long as they may be: no list of a thousand of them fits into one record.
NodeName name_of(std::uint32_t node) {
    const std::string number = std::to_string(node);
    return NodeName::from("node-" + std::string(58 - number.size(), '0') + number).value();
}

std::vector<NodeName> all_names() {
    std::vector<NodeName> names;
    for (std::uint32_t node = 0; node < kNodes; ++node)
        names.push_back(name_of(node));
    return names;
}

/// Plays all nodes of the cluster, none of whose probes is lost, with one copy of what concerns
/// all.
class Nodes {
public:
    explicit Nodes(registry::Registry& registry) : registry_{registry}, names_{all_names()} {}

    Result<void> answer() {
        FLATLAN_TRY(run, asked());
        const probe::RunKeys keys{kCluster, run};
        RunRecords records{registry_, keys.for_all(), [] { return false; }, keys.for_all("asked")};
        FLATLAN_TRY_VOID(records.open_session());
        for (std::uint32_t i = 0; i < kNodes; ++i)
            FLATLAN_TRY_VOID(records.put(keys.for_all("members", names_[i]), sheet_of(i)));
        FLATLAN_TRY(text, records.await_long(keys.for_all("roster"), deadline_));
        FLATLAN_TRY(roster, probe::roster_from_record(text));
        EXPECT_EQ(roster.nodes, names_);
        for (const NodeName& node : names_)
            FLATLAN_TRY_VOID(
                records.put(keys.for_all("ports", node), to_record(probe::PortSheet{})));
        FLATLAN_TRY(start, records.await_long(keys.for_all("start"), deadline_));
        FLATLAN_TRY(ready, probe::start_from_record(start));
        EXPECT_EQ(ready, names_);
        FLATLAN_TRY_VOID(tell(records, keys));
        return records.stay(deadline_);
    }

private:
    /// The number of the test that is asked for.
    Result<std::string> asked() {
        registry::Mirror requests{registry_, probe::RunKeys::request(kCluster)};
        while (requests.records().empty() && probe::monotonic_now() < deadline_)
            FLATLAN_TRY_VOID(requests.poll(50ms));
        if (requests.records().empty()) return Error{ErrorCode::timed_out, "nobody asks"};
        FLATLAN_TRY(asked, probe::request_from_record(requests.records().begin()->second.value));
        return asked.run;
    }
    std::string sheet_of(std::uint32_t i) const {
        probe::Member member{.name = "node/" + names_[i].text(),
                             .kind = probe::MemberKind::node,
                             .node = names_[i],
                             .addresses = {}};
        member.addresses.ipv4 = Ipv4Address{0x0af4'0000 + i};
        return to_record(probe::MemberSheet{{member}});
    }
    Result<void> tell(RunRecords& records, const probe::RunKeys& keys) {
        for (const NodeName& node : names_)
            FLATLAN_TRY_VOID(records.put_pages(keys.for_asker("sent", node), {},
                                               to_record(probe::SentSummary{.checks = 3})));
        FLATLAN_TRY(end, records.await(keys.for_all("end"), deadline_));
        EXPECT_EQ(end, "end");
        for (const NodeName& node : names_)
            FLATLAN_TRY_VOID(records.put_pages(
                keys.for_asker("seen", node), {"flatlan probe-notes 1\n"}, probe::gone_record({})));
        return success();
    }

    registry::Registry& registry_;
    std::vector<NodeName> names_;
    Instant deadline_ = probe::monotonic_now() + 120s;
};

TEST(ClusterProbeTest, AsksAThousandNodesWithTheLongestNames) {
    registry::MemoryRegistry registry{{.clock = probe::monotonic_now}};
    auto nodes = std::async(std::launch::async, [&] { return Nodes{registry}.answer(); });
    probe::Roster wanted;
    wanted.request = {
        .families = {IpFamily::ipv4}, .protocols = {probe::Protocol::udp}, .sample = kSample};
    const ClusterAsker asker{.registry = registry,
                             .cluster = kCluster,
                             .asker = name_of(0),
                             .nodes = all_names(),
                             .ended = [] { return false; }};
    const auto answer = probe_nodes(asker, wanted);
    const auto played = nodes.get();
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(played.error().code(), ErrorCode::interrupted) << "nobody asks any more";
    EXPECT_TRUE(answer.value().silent.empty());
    ASSERT_EQ(answer.value().nodes.size(), kNodes);
    const auto joined = join_answer(answer.value());
    ASSERT_TRUE(joined) << joined.error().to_string();
    EXPECT_EQ(joined.value().plan.pairs.size(), kSample);
    EXPECT_EQ(joined.value().report.tally.checks, 3 * kNodes);
    // The asker's own session is what all of it stood with.
    EXPECT_TRUE(registry.list("/flatlan/probes/", "", 10).value().records.empty());
}

TEST(RunRecordsTest, BringBackARecordOfAnyLength) {
    registry::MemoryRegistry registry{{.clock = probe::monotonic_now}};
    RunRecords records{registry, "/run/", [] { return false; }};
    ASSERT_TRUE(records.open_session());
    const Instant deadline = probe::monotonic_now() + 60s;
    for (const std::size_t size : {0UL, 1UL, 60UL * 1024, 60UL * 1024 + 1, 1'000'000UL}) {
        const std::string key = "/run/" + std::to_string(size);
        std::string text(size, 'a');
        for (std::size_t i = 0; i < size; ++i)
            text[i] = static_cast<char>('a' + i % 23);
        ASSERT_TRUE(records.put_long(key, text));
        const auto read = records.await_long(key, deadline);
        ASSERT_TRUE(read) << read.error().to_string();
        EXPECT_EQ(read.value(), text) << size;
    }
}

TEST(RunRecordsTest, RefuseARecordThatLacksAPiece) {
    registry::MemoryRegistry registry{{.clock = probe::monotonic_now}};
    RunRecords records{registry, "/run/", [] { return false; }};
    ASSERT_TRUE(records.put("/run/roster/0", "a"));
    ASSERT_TRUE(records.put("/run/roster", "18446744073709551615"));
    const Instant deadline = probe::monotonic_now() + 60s;
    const auto read = records.await_long("/run/roster", deadline);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().to_string(), "piece 1 of /run/roster is missing");
    ASSERT_TRUE(records.put("/run/start", "some"));
    EXPECT_EQ(records.await_long("/run/start", deadline).error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace flatlan::daemon
