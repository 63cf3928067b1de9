#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/tools/cli/fake_labs.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/ipv4.hpp"

namespace flatlan::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

/// A frame from 10.244.0.1 to 10.244.0.65 of a protocol that nobody knows, with four octets in it.
trace::CapturedFrame frame() {
    std::vector<std::byte> octets(14 + 20 + 4);
    tunnel::EthernetHeader{.type = tunnel::EtherType::ipv4}.write(std::span{octets}.first<14>());
    tunnel::Ipv4Header{.total_size_bytes = 24,
                       .ttl = 63,
                       .protocol = tunnel::IpProtocol{132},
                       .source = Ipv4Address{0x0af4'0001},
                       .destination = Ipv4Address{0x0af4'0041}}
        .write(std::span{octets}.subspan<14, 20>());
    return {.device = IfIndex{2},
            .outgoing = true,
            .at = std::chrono::seconds{1'000'000'000} + std::chrono::nanoseconds{5},
            .octets = std::move(octets)};
}

class CaptureVerb : public testing::Test {
protected:
    CaptureVerb() {
        labs.running = {lab_of("demo", 2, 3, true)};
        labs.frames_captured = {frame()};
    }
    Ran run(std::vector<std::string> words, Terminal terminal = {}) {
        words.insert(words.begin(), "capture");
        return run_flatlan(labs, std::move(words), terminal);
    }
    FakeLabs labs;
};

TEST_F(CaptureVerb, ShowsEachPacketAndSaysHowManyThereWere) {
    const Ran ran = run({"node/n1"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_THAT(ran.out, MatchesRegex("[0-9:.]+ node/n1 eth0 out 10.244.0.1 > 10.244.0.65 ttl 63 "
                                      "protocol 132, 4 octets\n"));
    EXPECT_THAT(ran.err, HasSubstr("1 packet captured, 0 lost"));
    ASSERT_THAT(labs.captures, SizeIs(1));
    EXPECT_THAT(labs.captures[0].places, ElementsAre("node/n1"));
}

TEST_F(CaptureVerb, PassesOnPlaceFilterAndLimits) {
    run({"pod-2", "udp port 53", "--count", "7", "--duration", "3"});
    run({"all"});
    run({"underlay"});
    ASSERT_THAT(labs.captures, SizeIs(3));
    EXPECT_THAT(labs.captures[0].places, ElementsAre("default/pod-2"));
    EXPECT_EQ(labs.captures[0].filter, "udp port 53");
    EXPECT_EQ(labs.captures[0].packets, 7U);
    EXPECT_EQ(labs.captures[0].after, std::chrono::seconds{3});
    EXPECT_THAT(labs.captures[1].places, IsEmpty());
    EXPECT_THAT(labs.captures[2].places, ElementsAre("underlay"));
}

TEST_F(CaptureVerb, AnswersInJsonALineForEachPacket) {
    const Ran ran = run({"all", "-o", "json"});
    EXPECT_EQ(ran.out, golden("answers/capture.json", ran.out));
}

TEST_F(CaptureVerb, WritesPcapngToAFileAndToAPipeInsteadOfText) {
    const support::TemporaryFolder folder;
    const std::string path = folder.path() / "capture.pcapng";
    EXPECT_THAT(run({"all", "--pcap", path}).out, HasSubstr("10.244.0.65"));
    std::ifstream file{path, std::ios::binary};
    const std::string written{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_THAT(written, StartsWith("\x0a\x0d\x0d\x0a"));
    EXPECT_THAT(written, HasSubstr("node/n1 eth0"));
    EXPECT_EQ(run({"all", "--pcap", "-"}).out, written);
    EXPECT_EQ(run({"all", "--pcap", "-"}, {.interactive = true}).status, ExitStatus::wrong_input);
    EXPECT_EQ(run({"all", "--pcap", "/nowhere/x"}).status, ExitStatus::wrong_input);
}

TEST_F(CaptureVerb, LeavesAnEarlierFileAloneWhereItCannotCapture) {
    const support::TemporaryFolder folder;
    const std::string path = folder.path() / "capture.pcapng";
    std::ofstream{path} << "yesterday's";
    labs.failure = Error{ErrorCode::invalid_argument, "no filter: icpm"};
    EXPECT_EQ(run({"all", "icpm", "--pcap", path}).status, ExitStatus::wrong_input);
    std::ifstream file{path};
    EXPECT_EQ((std::string{std::istreambuf_iterator<char>{file}, {}}), "yesterday's");
}

TEST_F(CaptureVerb, RefusesWhatItDoesNotUnderstand) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"pod-9"},
                                                                   {"all", "--count", "0"},
                                                                   {"all", "--count", "many"},
                                                                   {"all", "--duration", "-1"},
                                                                   {"all", "icmp", "or", "udp"}})
        EXPECT_EQ(run(words).status, ExitStatus::wrong_input) << words.back();
    EXPECT_THAT(labs.captures, IsEmpty());
}

}  // namespace
}  // namespace flatlan::cli
