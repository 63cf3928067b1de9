#include "tools/daemon/underlay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::daemon {
namespace {

using testing::HasSubstr;

IpAddress ip(std::string_view text) { return IpAddress::from_text(text).value(); }
UnderlayCandidate candidate(std::string_view interface, std::string_view address) {
    return {InterfaceName{interface}, ip(address)};
}

/// A virtual machine with its usual first interface, and a second one that the others share.
UnderlayQuestion two_interfaces() {
    return {.candidates = {candidate("eth0", "10.0.2.15"), candidate("eth1", "fd00::11"),
                           candidate("eth1", "192.168.56.11")},
            .towards = {},
            .source_to = [](const IpAddress& target) -> std::optional<IpAddress> {
                if (target == ip("192.168.56.10")) return ip("192.168.56.11");
                if (target.is_ipv4()) return ip("10.0.2.15");
                return std::nullopt;
            }};
}

TEST(ChooseUnderlay, TakesTheWayToTheRegistry) {
    auto question = two_interfaces();
    question.towards = {ip("192.168.56.10")};
    const auto answer = choose_underlay(question).value();
    EXPECT_EQ(answer.chosen.interface.text(), "eth1");
    EXPECT_EQ(answer.chosen.address, ip("192.168.56.11"));
    EXPECT_EQ(answer.reason, "the way to the registry at 192.168.56.10");
}

TEST(ChooseUnderlay, TakesTheDefaultRouteWhereTheRegistryIsNotFarAway) {
    auto question = two_interfaces();
    question.towards = {ip("127.0.0.1")};
    question.source_to = [](const IpAddress& target) -> std::optional<IpAddress> {
        return target == ip("127.0.0.1") ? target : ip("10.0.2.15");
    };
    EXPECT_EQ(choose_underlay(question).value().chosen.interface.text(), "eth0");
    EXPECT_EQ(choose_underlay(question).value().reason, "the default route");
}

TEST(ChooseUnderlay, TakesTheAddressAtWhichTheRegistryListensOnThisMachine) {
    auto question = two_interfaces();
    question.towards = {ip("192.168.56.11")};
    question.source_to = [](const IpAddress& target) -> std::optional<IpAddress> {
        return target == ip("192.168.56.11") ? target : ip("10.0.2.15");
    };
    EXPECT_EQ(choose_underlay(question).value().chosen.interface.text(), "eth1");
}

TEST(ChooseUnderlay, DoesAsItIsTold) {
    auto question = two_interfaces();
    question.interface = InterfaceName{"eth1"};
    EXPECT_EQ(choose_underlay(question).value().chosen.address, ip("192.168.56.11"));
    question.address = ip("fd00::11");
    EXPECT_EQ(choose_underlay(question).value().chosen.address, ip("fd00::11"));
    question.interface = InterfaceName{"eth0"};
    EXPECT_THAT(choose_underlay(question).error().to_string(),
                HasSubstr("--underlay-address: no interface has the address fd00::11"));
    question.address.reset();
    question.interface = InterfaceName{"eth7"};
    EXPECT_THAT(choose_underlay(question).error().to_string(), HasSubstr("192.168.56.11 on eth1"));
}

TEST(ChooseUnderlay, NamesTheFlagWhenNothingSpeaksForOne) {
    auto question = two_interfaces();
    question.source_to = [](const IpAddress&) { return std::nullopt; };
    EXPECT_THAT(choose_underlay(question).error().to_string(),
                HasSubstr("--underlay-interface: no route says"));
    question.candidates = {candidate("eth0", "10.0.2.15")};
    EXPECT_EQ(choose_underlay(question).value().reason, "the only address");
    question.candidates.clear();
    EXPECT_THAT(choose_underlay(question).error().to_string(), HasSubstr("has no address"));
}

struct ChooseSuccessor : testing::Test {
    std::optional<UnderlayCandidate> chosen() {
        return choose_successor(before, told, candidates).value();
    }
    std::string refused() { return choose_successor(before, told, candidates).error().to_string(); }

    Underlay before{.interface = InterfaceName{"eth1"},
                    .address = ip("192.168.56.11"),
                    .mtu = LinkMtu{1500},
                    .mac = {},
                    .reason = ""};
    bool told = false;
    std::vector<UnderlayCandidate> candidates = two_interfaces().candidates;
};

TEST_F(ChooseSuccessor, AnAddressThatIsThereNeedsNone) {
    EXPECT_FALSE(chosen());
    candidates = {candidate("bond0", "192.168.56.11"), candidate("eth1", "192.168.56.12")};
    EXPECT_FALSE(chosen()) << "wherever it is";
}

TEST_F(ChooseSuccessor, AnotherOfTheFamilyOnTheInterface) {
    candidates.back() = candidate("eth1", "192.168.56.12");
    EXPECT_EQ(chosen()->address, ip("192.168.56.12"));
    candidates.pop_back();
    EXPECT_THAT(refused(), AllOf(HasSubstr("this machine has lost its address 192.168.56.11"),
                                 HasSubstr("another IPv4 address on interface 'eth1'"),
                                 HasSubstr("now 10.0.2.15 on eth0, fd00::11 on eth1")));
}

TEST_F(ChooseSuccessor, AServicesAddressIsNotANodesUnlessTheLastWasOfItsKind) {
    candidates = {candidate("eth1", "192.168.56.100")};
    candidates.front().alone = true;
    EXPECT_FALSE(choose_successor(before, told, candidates));
    before.alone = true;
    EXPECT_EQ(chosen()->address, ip("192.168.56.100"));
}

TEST_F(ChooseSuccessor, WhatAPersonHasToldStays) {
    told = true;
    EXPECT_FALSE(chosen());
    candidates.back() = candidate("eth1", "192.168.56.12");
    EXPECT_THAT(refused(), HasSubstr("or another --underlay-address"));
}

}  // namespace
}  // namespace flatlan::daemon
