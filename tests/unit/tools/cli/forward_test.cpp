#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ForwardVerb : public testing::Test {
protected:
    ForwardVerb() { labs.running = {lab_of("demo", 2, 3, true)}; }
    Ran run(std::vector<std::string> words) {
        words.insert(words.begin(), "forward");
        return run_flatlan(labs, std::move(words));
    }
    std::string refused(std::vector<std::string> words) {
        const Ran ran = run(std::move(words));
        EXPECT_EQ(ran.status, ExitStatus::wrong_input) << ran.err;
        EXPECT_THAT(ran.out, IsEmpty());
        return ran.err;
    }
    FakeLabs labs;
};

TEST_F(ForwardVerb, SaysWhereItListens) {
    const Ran ran = run({"pod-2", "8080:80"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out,
              "Forwarding from 127.0.0.1:8080 to default/pod-2:80\n"
              "Forwarding from [::1]:8080 to default/pod-2:80\n");
    EXPECT_THAT(ran.err, IsEmpty());
}

TEST_F(ForwardVerb, PassesOnPodPortsAndAddresses) {
    run({"pod-2", "8080:80", "90", ":91", "--address", "10.0.0.1,::"});
    run({"10.244.0.1", "80"});
    ASSERT_THAT(labs.forwards, SizeIs(2));
    EXPECT_EQ(to_string(labs.forwards[0].pod), "default/pod-2");
    EXPECT_THAT(labs.forwards[0].ports, ElementsAre(forward::PortPair{Port{8080}, Port{80}},
                                                    forward::PortPair{Port{90}, Port{90}},
                                                    forward::PortPair{Port::any(), Port{91}}));
    EXPECT_THAT(labs.forwards[0].addresses, SizeIs(2));
    EXPECT_EQ(to_string(labs.forwards[1].pod), "default/pod-1");
    EXPECT_THAT(labs.forwards[1].addresses, IsEmpty());
}

TEST_F(ForwardVerb, AnswersInJsonALineForEachPlaceWhereItListens) {
    const Ran ran = run({"pod-2", "8080:80", ":90", "-o", "json"});
    EXPECT_EQ(ran.out, golden("answers/forward.json", ran.out));
}

TEST_F(ForwardVerb, TellsOfConnectionsThatFailAndEndsWell) {
    labs.forward_failures = {Error{ErrorCode::not_found, "no pod 'default/pod-2'\x1b in this lab"}};
    const Ran ran = run({"pod-2", "8080:80"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.err, "flatlan: default/pod-2:80: no pod 'default/pod-2'\\x1b in this lab\n");
}

TEST_F(ForwardVerb, EndsWithTheReasonWhereItCannotListen) {
    labs.failure = Error{ErrorCode::conflict, "port 8080 of 127.0.0.1 is in use"};
    EXPECT_EQ(run({"pod-2", "8080:80"}).status, ExitStatus::no);
    labs.failure = Error{ErrorCode::forbidden, "port 80 of this machine is for root alone"};
    EXPECT_EQ(run({"pod-2", "80"}).status, ExitStatus::forbidden);
}

TEST_F(ForwardVerb, GoesToPodsAlone) {
    EXPECT_THAT(refused({"pod-9", "80"}), HasSubstr("has no pod 'pod-9' (expected pod-"));
    EXPECT_THAT(refused({"node/n1", "80"}),
                HasSubstr("'node/n1' is no pod (expected pod-1 or pod-3)"));
    EXPECT_THAT(refused({"underlay", "80"}),
                HasSubstr("'underlay' is no pod (expected [NAMESPACE/"));
    EXPECT_THAT(refused({"172.31.0.2", "80"}), HasSubstr("is no pod (expected pod-2)"));
    EXPECT_THAT(labs.forwards, IsEmpty());
}

TEST_F(ForwardVerb, RefusesWhatItDoesNotUnderstand) {
    EXPECT_THAT(refused({"pod-1"}), HasSubstr("PORT: is missing"));
    EXPECT_THAT(refused({"pod-1", "0"}), HasSubstr("PORT: '0'"));
    EXPECT_THAT(refused({"pod-1", "80", "65536"}), HasSubstr("'65536'"));
    EXPECT_THAT(refused({"pod-1", "1:2:3"}), HasSubstr("too many colons"));
    EXPECT_THAT(refused({"pod-1", "8080:80", "8080:90"}), HasSubstr("port 8080"));
    EXPECT_THAT(refused({"pod-1", "80", "--address", "eth0"}), HasSubstr("--address: 'eth0'"));
    EXPECT_THAT(labs.forwards, IsEmpty());
    labs.running.clear();
    EXPECT_EQ(run({"pod-1", "80"}).status, ExitStatus::no);
}

TEST_F(ForwardVerb, IsFoundUnderTheWordsOfOtherTools) {
    for (const char* word : {"port-forward", "proxy", "expose", "publish"})
        EXPECT_THAT(run_flatlan(labs, {word, "pod-1", "80"}).err, HasSubstr("(expected forward)"));
}

}  // namespace
}  // namespace flatlan::cli
