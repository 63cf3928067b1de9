#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/tools/cli/fake_labs.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/trace/answer.hpp"

namespace flatlan::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using trace::Action;

/// What a trace in the example three-nodes said after `ip route del 10.244.0.65` in node n2.
trace::TraceReport lost_route() {
    const std::string command =
        "flatlan exec --lab three-nodes node/n2 -- ip route replace 10.244.0.65/32 dev p1 src "
        "10.244.0.64";
    return {
        .from = "default/web",
        .to = "default/client",
        .family = IpFamily::ipv4,
        .protocol = probe::Protocol::icmp,
        .verdict = probe::Verdict::no_route,
        .hop = "node/n2",
        .reason = "node/n2 has no route to 10.244.0.65",
        .evidence = {"the kernel in node/n2 has no route to 10.244.0.65; the best of its main "
                     "table is a refusing route 10.244.0.64/26"},
        .mend = command,
        .forth = {{"default/web", "eth0", Action::send, false,
                   "route to 10.244.0.65 by eth0, next hop 169.254.1.1", true},
                  {"node/n1", "flat0", Action::encapsulate, false,
                   "route to 10.244.0.65 by flat0, next hop fe80::18b8:8ff:fe94:bc6, endpoint "
                   "172.31.0.2",
                   true},
                  {"node/n1", "eth0", Action::send, true,
                   "route to 172.31.0.2 by eth0, next hop 169.254.1.1", true},
                  {"underlay", "u2", Action::forward, true, "route to 172.31.0.2 by u2", true},
                  {"node/n2", "eth0", Action::receive, true, "172.31.0.2 is an address of node/n2",
                   true},
                  {"node/n2", "flat0", Action::decapsulate, false, "for VNI 1 at UDP port 4789",
                   true}},
        .back = {{"default/client", "eth0", Action::send, false,
                  "route to 10.244.0.1 by eth0, next hop 169.254.1.1", false}},
    };
}

class TraceVerb : public testing::Test {
protected:
    TraceVerb() { labs.running = {lab_of("demo", 2, 3, true)}; }
    Ran run(std::vector<std::string> words) {
        words.insert(words.begin(), "trace");
        return run_flatlan(labs, std::move(words));
    }
    FakeLabs labs;
};

TEST_F(TraceVerb, FollowsAPingUnlessToldOtherwise) {
    EXPECT_EQ(run({"pod-1", "node/n2"}).status, ExitStatus::yes);
    ASSERT_THAT(labs.traces, SizeIs(1));
    EXPECT_EQ(labs.traces[0].from, "default/pod-1");
    EXPECT_EQ(labs.traces[0].to, "node/n2");
    EXPECT_EQ(labs.traces[0].family, IpFamily::ipv4);
    EXPECT_EQ(labs.traces[0].protocol, probe::Protocol::icmp);
    EXPECT_FALSE(labs.traces[0].service);
    EXPECT_FALSE(labs.traces[0].keep_frames);
}

TEST_F(TraceVerb, TakesTheFamilyFromAnAddress) {
    EXPECT_EQ(run({"fd00:10:244::1", "pod-2"}).status, ExitStatus::yes);
    ASSERT_THAT(labs.traces, SizeIs(1));
    EXPECT_EQ(labs.traces[0].from, "default/pod-1");
    EXPECT_EQ(labs.traces[0].family, IpFamily::ipv6);
}

TEST_F(TraceVerb, TakesAPortWithoutAProtocolForOneOfTcp) {
    EXPECT_EQ(run({"pod-1", "pod-2", "--port", "80"}).status, ExitStatus::yes);
    EXPECT_EQ(run({"pod-1", "pod-2", "--port", "53", "--protocol", "udp"}).status, ExitStatus::yes);
    ASSERT_THAT(labs.traces, SizeIs(2));
    EXPECT_EQ(labs.traces[0].protocol, probe::Protocol::tcp);
    EXPECT_EQ(labs.traces[0].service, Port{80});
    EXPECT_EQ(labs.traces[1].protocol, probe::Protocol::udp);
}

TEST_F(TraceVerb, WritesWhatItCaptured) {
    const support::TemporaryFolder folder;
    const std::string path = folder.path() / "way.pcapng";
    labs.trace_capture = {std::byte{'p'}, std::byte{'c'}};
    EXPECT_EQ(run({"pod-1", "pod-2", "--pcap", path}).status, ExitStatus::yes);
    ASSERT_THAT(labs.traces, SizeIs(1));
    EXPECT_TRUE(labs.traces[0].keep_frames);
    std::ostringstream written;
    written << std::ifstream{path}.rdbuf();
    EXPECT_EQ(written.str(), "pc");
}

TEST_F(TraceVerb, TellsWhatItFoundAlsoWhereTheFileCannotBeWritten) {
    labs.traced = lost_route();
    const Ran ran = run({"pod-1", "pod-2", "--pcap", "/nowhere/x"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.out, HasSubstr("no_route at node/n2"));
    EXPECT_THAT(ran.err, HasSubstr("cannot write '/nowhere/x'"));
}

TEST_F(TraceVerb, RefusesWhatIsNoPortOrHasNone) {
    for (const auto& [port, protocol] : std::vector<std::pair<std::string, std::string>>{
             {"0", "tcp"}, {"65536", "tcp"}, {"http", "tcp"}, {"80", "icmp"}}) {
        const Ran ran = run({"pod-1", "pod-2", "--port", port, "--protocol", protocol});
        EXPECT_EQ(ran.status, ExitStatus::wrong_input);
        EXPECT_THAT(ran.err, HasSubstr("--port"));
    }
    EXPECT_THAT(labs.traces, IsEmpty());
}

TEST_F(TraceVerb, WritesNoCaptureIntoItsAnswer) {
    const Ran ran = run({"pod-1", "pod-2", "--pcap", "-"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("'flatlan capture --pcap -' writes into a pipe"));
    EXPECT_THAT(labs.traces, IsEmpty());
}

TEST_F(TraceVerb, RefusesAddressesOfTwoFamilies) {
    const Ran ran = run({"10.244.0.1", "fd00:10:244::2"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("of two families"));
    EXPECT_THAT(labs.traces, IsEmpty());
}

TEST_F(TraceVerb, ExpectsTheNearestNamesOfAnUnknownEnd) {
    const Ran ran = run({"pod-1", "pod-22"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("pod-2"));
}

TEST_F(TraceVerb, SaysNoWithTheVerdictFirst) {
    labs.traced = lost_route();
    const Ran ran = run({"pod-1", "pod-2"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_EQ(ran.out, golden("trace.txt", ran.out));
}

// What is in a trace may be another machine's word.
TEST_F(TraceVerb, LetsNoWordOfAPeerSteerTheTerminal) {
    const std::string steering = "\x1b[2J\r\xc2\x9b\n\xe2\x80\xae\xff";
    labs.traced = lost_route();
    trace::TraceReport& report = labs.traced;
    for (std::string* const text : {&report.from, &report.to, &report.hop, &report.reason,
                                    &report.mend, &report.forth.front().place,
                                    &report.forth.front().device, &report.forth.front().evidence})
        *text += steering;
    report.evidence.push_back(steering);
    const Ran ran = run({"pod-1", "pod-2"});
    for (const char* const octets : {"\x1b", "\r", "\xc2\x9b", "\xe2\x80\xae", "\xff"})
        EXPECT_EQ(ran.out.find(octets), std::string::npos) << ran.out;
    EXPECT_THAT(ran.out, HasSubstr(R"(    seen: \x1b[2J\x0d\xc2\x9b\x0a\xe2\x80\xae\xff)"));
}

// Scripts rely on it; tests/golden/cli/check_answers holds the same file against the schema.
TEST_F(TraceVerb, AnswersInJson) {
    labs.traced = lost_route();
    const Ran ran = run({"pod-1", "pod-2", "-o", "json"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_EQ(ran.out, golden("answers/trace.json", ran.out));
}

// What a daemon answers is read again by the command line.
TEST_F(TraceVerb, ReadsItsOwnJson) {
    const trace::TraceReport report = lost_route();
    const std::string json = trace::report_json(report);
    const auto again = trace::report_from_json(json);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(trace::report_json(again.value()), json);
    EXPECT_EQ(trace::report_text(again.value()), trace::report_text(report));
    for (const char* const wrong : {"", "[]", "{}", "null"})
        EXPECT_EQ(trace::report_from_json(wrong).error().code(), ErrorCode::corrupt) << wrong;
    for (const char* const word : {"no_route", "encapsulate", "icmp"}) {
        std::string broken = json;
        broken.replace(broken.find(word), 1, "X");
        EXPECT_FALSE(trace::report_from_json(broken)) << word;
    }
}

/// `flatlan trace --cluster` with a daemon that answers as the test says.
class ClusterTraceVerb : public testing::Test {
protected:
    std::pair<ExitStatus, std::string> run(std::vector<std::string> words) {
        std::ostringstream out;
        Console console{.out = out, .err = out, .out_terminal = {}, .err_terminal = {}};
        words.insert(words.begin(), "trace");
        const std::vector<Verb> verbs{
            trace_verb(labs,
                       [&](const std::string& socket,
                           const trace::TraceWish& wish) -> Result<trace::TraceAnswer> {
                           asked.emplace_back(socket, wish);
                           return answer;
                       })};
        const ExitStatus status = run_program(verbs, words, console);
        return {status, out.str()};
    }
    FakeLabs labs;
    std::vector<std::pair<std::string, trace::TraceWish>> asked;
    Result<trace::TraceAnswer> answer = trace::TraceAnswer{lost_route()};
};

TEST_F(ClusterTraceVerb, AsksTheDaemonInThePersonsWords) {
    const auto [status, text] = run({"--cluster", "web", "10.244.0.65", "--port", "80"});
    EXPECT_EQ(status, ExitStatus::no);
    EXPECT_THAT(text, HasSubstr("no_route at node/n2"));
    run({"node/n1", "web", "--cluster", "--socket", "/tmp/x.sock", "--family", "6"});
    ASSERT_THAT(asked, SizeIs(2));
    EXPECT_EQ(asked[0].second, (trace::TraceWish{.from = "web",
                                                 .to = "10.244.0.65",
                                                 .protocol = probe::Protocol::tcp,
                                                 .service = Port{80}}));
    EXPECT_EQ(asked[1].first, "/tmp/x.sock");
    EXPECT_EQ(asked[1].second.family, IpFamily::ipv6);
    EXPECT_THAT(labs.traces, IsEmpty());
}

TEST_F(ClusterTraceVerb, WritesWhatTheMachinesCaptured) {
    const support::TemporaryFolder folder;
    const std::string path = folder.path() / "way.pcapng";
    answer.value().capture = {std::byte{'p'}, std::byte{'c'}};
    EXPECT_EQ(run({"--cluster", "web", "db", "--pcap", path}).first, ExitStatus::no);
    std::ostringstream written;
    written << std::ifstream{path}.rdbuf();
    EXPECT_EQ(written.str(), "pc");
    ASSERT_THAT(asked, SizeIs(1));
    EXPECT_TRUE(asked[0].second.keep_frames);
    const auto [status, text] = run({"--cluster", "web", "db", "--pcap", "/nowhere/x"});
    EXPECT_EQ(status, ExitStatus::wrong_input);
    EXPECT_THAT(text, HasSubstr("no_route at node/n2"));
}

TEST_F(ClusterTraceVerb, SaysNoWithoutAVerdictWhereANodeDoesNotAnswer) {
    answer = Error{ErrorCode::unavailable, "the flatland of n2 does not answer"};
    const auto [status, text] = run({"--cluster", "web", "db"});
    EXPECT_EQ(status, ExitStatus::no);
    EXPECT_THAT(text, HasSubstr("the flatland of n2 does not answer"));
}

TEST_F(ClusterTraceVerb, RefusesWhatIsOfALab) {
    EXPECT_EQ(run({"--cluster", "a", "b", "--lab", "demo"}).first, ExitStatus::wrong_input);
    EXPECT_EQ(run({"--cluster", "a", "b", "--pcap", "-"}).first, ExitStatus::wrong_input);
    EXPECT_EQ(run({"a", "b", "--socket", "/tmp/x.sock"}).first, ExitStatus::wrong_input);
    EXPECT_EQ(run({"--cluster", "a b", "c"}).first, ExitStatus::wrong_input);
    EXPECT_EQ(run({"--cluster", "10.244.0.1", "fd00::2"}).first, ExitStatus::wrong_input);
    EXPECT_THAT(asked, IsEmpty());
}

}  // namespace
}  // namespace flatlan::cli
