#include "overlay/probe/io/cluster/own_stretch.hpp"

#include <gmock/gmock.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <thread>

#include "overlay/linux/iptables/packet_log.hpp"
#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/cluster/trace/joined_trace.hpp"
#include "overlay/probe/cluster/trace/observation_record.hpp"
#include "overlay/probe/io/datagrams.hpp"
#include "overlay/probe/io/sockets.hpp"
#include "tests/netns/overlay/probe/routed_cluster.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::trace {
namespace {

using namespace std::chrono_literals;
using probe::Protocol;
using support::must;

const NodeName kN1 = NodeName::from("n1").value();
const NodeName kN2 = NodeName::from("n2").value();

/// Two machines in real namespaces, n1 with the pod "default/p1" and n2 with "default/p2", and what
/// each answers in a trace from the one pod to the other.
class OwnStretchTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        cluster.emplace(2, 1);
        for (const NodeName& node : {kN1, kN2}) {
            const PlaceId place = add("node/" + node.text(), PlaceKind::node);
            add(node == kN1 ? "default/p1" : "default/p2", PlaceKind::pod);
            atlas.places.back().node = place;
        }
    }
    PlaceId add(const std::string& name, PlaceKind kind) {
        atlas.places.push_back(
            {.name = name,
             .kind = kind,
             .addresses = cluster->members()[cluster->id(name).value()].addresses,
             .carrier = Carrier::plain});
        if (kind == PlaceKind::node)
            atlas.places.back().endpoint =
                support::ip(name == "node/n1" ? "172.31.1.1" : "172.31.2.1");
        return PlaceId{static_cast<std::uint32_t>(atlas.places.size() - 1)};
    }
    TraceEnd end(const NodeName& node, PlaceId pod) const {
        const Place& place = atlas.at(pod);
        return {place.name, node, *place.addresses.ipv4, *atlas.at(*place.node).endpoint};
    }
    void begin(Protocol protocol) {
        call = {.from = end(kN1, PlaceId{1}),
                .to = end(kN2, PlaceId{3}),
                .protocol = protocol,
                .tag = 0x5eed};
        near = open(kN1);
        far = open(kN2);
    }
    std::unique_ptr<OwnStretch> open(const NodeName& node) const {
        std::vector<probe::Member> members;
        std::vector<std::optional<Namespace>> networks;
        for (const probe::Member& member : cluster->members()) {
            if (member.node != node) continue;
            members.push_back(member);
            networks.emplace_back(must(cluster->network(member.name).duplicate()));
        }
        return must(OwnStretch::open(call, node, members, std::move(networks)));
    }
    /// As over the registry, with records.
    std::string ask(OwnStretch& stretch, const Question& question) const {
        return stretch.answer(
            must(question_from_record(to_record(question, atlas), stretch.atlas())));
    }
    /// What the first machine sends is looked after by the second one meanwhile, unless that is
    /// held up.
    std::string send(const AskSend& question) {
        auto sent = std::async(std::launch::async, [&] { return ask(*near, question); });
        while (sent.wait_for(0s) != std::future_status::ready)
            if (!held_up) far->tend(1ms);
        return sent.get();
    }
    std::string answer(const NodeName& node, const Question& question) {
        const auto* const sends = std::get_if<AskSend>(&question);
        auto answer = sends != nullptr ? send(*sends) : ask(node == kN1 ? *near : *far, question);
        must(check_answer(answer));
        if (std::holds_alternative<AskListen>(question) && listening)
            listening(must(end_from_record(answer)).port);
        return answer;
    }
    Traced trace_with_frames() {
        const auto ask_all = [&](std::span<const Asked> asked) {
            std::vector<Result<std::string>> answers;
            for (const auto& [node, question] : asked)
                answers.emplace_back(answer(node, question));
            return answers;
        };
        return must(trace_over_nodes(atlas, call, ask_all, true));
    }
    TraceReport trace() { return trace_with_frames().report; }

    std::optional<probe::RoutedCluster> cluster;
    Atlas atlas;
    TraceCall call{.from = {"", kN1, Ipv4Address{}, Ipv4Address{}},
                   .to = {"", kN2, Ipv4Address{}, Ipv4Address{}}};
    std::unique_ptr<OwnStretch> near;
    std::unique_ptr<OwnStretch> far;
    bool held_up = false;
    std::function<void(Port)> listening;  ///< called once the second machine listens there
};

TEST_F(OwnStretchTest, SendsAndAnswersByEachProtocol) {
    for (const Protocol protocol : {Protocol::icmp, Protocol::udp, Protocol::tcp}) {
        begin(protocol);
        const TraceReport report = trace();
        EXPECT_EQ(to_string(report.verdict), "delivered") << report.reason;
        EXPECT_TRUE(report.evidence.empty()) << report.evidence.front();
    }
}

TEST_F(OwnStretchTest, KeepsWhatItsDevicesSaw) {
    begin(Protocol::icmp);
    std::map<std::string, int> times;
    for (const KeptFrame& kept : trace_with_frames().frames) {
        ++times[atlas.at(kept.place).name];
        EXPECT_FALSE(kept.device.empty());
        EXPECT_GT(kept.frame.octets.size(), 20U);
    }
    for (const char* const name : {"default/p1", "node/n1", "node/n2", "default/p2"})
        EXPECT_GT(times[name], 0) << name;
}

// As a daemon that is stopped for a moment, or starved by the host of its machine.
TEST_F(OwnStretchTest, IsNotTakenForTheNetworkWhereItIsHeldUp) {
    begin(Protocol::udp);
    held_up = true;
    const TraceReport report = trace();
    EXPECT_EQ(to_string(report.verdict), "tester_overloaded") << report.reason;
    EXPECT_EQ(report.hop, "node/n2");
    EXPECT_THAT(report.reason, testing::HasSubstr("held up"));
    ASSERT_FALSE(report.evidence.empty());
    EXPECT_THAT(report.evidence.back(), testing::HasSubstr("did not look after its packets for"));
}

TEST_F(OwnStretchTest, DoesNotTakeAServiceForReachedWhosePodHasLostItsAddress) {
    begin(Protocol::udp);
    const auto service = must(run_in(cluster->network("p2"), [&]() -> Result<UniqueFd> {
        FLATLAN_TRY(socket, probe::open_socket(IpFamily::ipv4, SOCK_DGRAM, IPPROTO_UDP));
        FLATLAN_TRY_VOID(probe::bind_socket(socket, call.to.address, Port{5353}));
        return std::move(socket);
    }));
    call.service = Port{5353};
    for (const bool there : {true, false}) {
        if (!there)
            probe::shell_in(cluster->network("p2"),
                            "ip address del " + to_string(call.to.address) + "/32 dev eth0");
        near = open(kN1);
        far = open(kN2);
        const TraceReport report = trace();
        EXPECT_EQ(to_string(report.verdict), there ? "delivered" : "address_missing")
            << report.reason;
    }
}

TEST_F(OwnStretchTest, GoesOnWhereAnotherProgramHasTheLogOfPackets) {
    const Namespace& network = cluster->network("node/n2");
    // An ordinary user has no /run/xtables.lock; here nobody else changes these rules.
    probe::shell_in(network,
                    "XTABLES_LOCKFILE=/dev/null iptables-legacy -A FORWARD -p udp -j DROP");
    const auto taken = must(PacketLog::take(network, 0));
    begin(Protocol::udp);
    const TraceReport report = trace();
    EXPECT_EQ(to_string(report.verdict), "unknown") << report.reason;
    ASSERT_FALSE(report.evidence.empty());
    EXPECT_EQ(report.evidence.back(),
              "at node/n2 rules of iptables-legacy were not watched: another program has the log "
              "of packets (group 0)");
}

/// Packets to a port without end, from another pod's machine, while this exists.
class Flood {
public:
    Flood(const Namespace& from, const Endpoint& to) {
        for (int i = 0; i < 2; ++i)
            threads_.emplace_back([this, &from, to](const std::stop_token& over) {
                const auto socket = must(run_in(
                    from, [&] { return probe::open_socket(IpFamily::ipv4, SOCK_DGRAM, 0); }));
                probe::SendBatch batch;
                while (!over.stop_requested()) {
                    while (!batch.full())
                        batch.add(to, 4);
                    batch.send(socket.get(), [](std::size_t, int) {});
                    sent_ += probe::kDatagramsMax;
                }
            });
    }
    std::uint64_t sent() const { return sent_; }

private:
    std::atomic<std::uint64_t> sent_ = 0;
    std::vector<std::jthread> threads_;
};

// Whoever sends there without end has neither the tester go on for ever nor the network blamed.
TEST_F(OwnStretchTest, ComesToAnEndUnderAFlood) {
    begin(Protocol::udp);
    std::optional<Flood> flood;
    listening = [&](Port port) {
        if (flood) return;
        flood.emplace(cluster->network("p1"), Endpoint{call.to.address, port});
        ASSERT_TRUE(support::eventually([&] { return flood->sent() > 1000; }));
    };
    const TraceReport report = trace();
    EXPECT_THAT(std::string{to_string(report.verdict)},
                testing::AnyOf("delivered", "tester_overloaded"))
        << report.reason;
}

// So that questions, deadlines and captures have their turn whoever sends.
TEST_F(OwnStretchTest, TakesSoManyOfASocketsPacketsInATurn) {
    begin(Protocol::udp);
    const auto listens = must(end_from_record(ask(*far, AskListen{})));
    ask(*far, AskWatch{Port::any(), listens.port, {}});
    const auto socket = must(run_in(cluster->network("p1"), [] {
        return probe::open_socket(IpFamily::ipv4, SOCK_DGRAM, IPPROTO_UDP);
    }));
    probe::SendBatch batch;
    for (int packet = 0; packet < kPacketsPerTurn + 50; ++packet) {
        if (batch.full()) batch.send(socket.get(), [](std::size_t, int) {});
        const auto octets = batch.add({call.to.address, listens.port}, TagPayload::kSizeBytes);
        TagPayload{call.tag, PacketKind::request, 0}.write(octets);
    }
    batch.send(socket.get(), [](std::size_t, int) {});
    far->tend(0ms);
    probe::ReceiveBatch echoes;
    int came = 0;
    while (const auto more = static_cast<int>(echoes.receive(socket.get()).size()))
        came += more;
    EXPECT_EQ(came, kPacketsPerTurn);
}

TEST_F(OwnStretchTest, TellsOfCapturesThatWereNotReadInTime) {
    begin(Protocol::udp);
    const auto listens = must(end_from_record(ask(*far, AskListen{})));
    const auto sends = must(
        end_from_record(ask(*near, AskWatch{.destination = listens.port, .places = {PlaceId{1}}})));
    ask(*far, AskWatch{sends.port, listens.port, {PlaceId{3}}});
    // More than a capture holds, of what its filter has to let through.
    const auto socket = must(run_in(cluster->network("p1"), [] {
        return probe::open_socket(IpFamily::ipv4, SOCK_RAW, IPPROTO_ICMP);
    }));
    probe::SendBatch batch;
    constexpr int kPackets = 60'000;
    for (int sent = 0; sent < kPackets; sent += static_cast<int>(probe::kDatagramsMax)) {
        while (!batch.full())
            batch.add({call.to.address, Port::any()}, 64);
        batch.send(socket.get(), [](std::size_t, int) {});
    }
    const Observation seen = must(observation_from_record(ask(*far, AskSeen{}), atlas));
    EXPECT_GT(seen.captures_lost, 0U);
    EXPECT_TRUE(seen.sightings.empty());
}

// Of a stream that does not fit into the sender's socket whole, what went is waited for.
TEST_F(OwnStretchTest, SendsAsMuchOfAStreamAsItsSocketTakes) {
    begin(Protocol::tcp);
    probe::shell_in(cluster->network("p1"), "sysctl -qw net.ipv4.tcp_wmem='4096 4096 4096'");
    const auto listens = must(end_from_record(ask(*far, AskListen{})));
    const auto sends = must(
        end_from_record(ask(*near, AskWatch{.destination = listens.port, .places = {PlaceId{1}}})));
    ask(*far, AskWatch{sends.port, listens.port, {PlaceId{3}}});
    ask(*near, AskSend{0, 5s});
    const Observation seen = must(observation_from_record(ask(*near, AskSend{65'535, 5s}), atlas));
    EXPECT_EQ(seen.small.answered, 1U);
    EXPECT_EQ(seen.large.sent, 1U);
    EXPECT_FALSE(seen.large.failed());
}

}  // namespace
}  // namespace flatlan::trace
