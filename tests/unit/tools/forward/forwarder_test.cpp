#include "tools/forward/forwarder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/support/eventually.hpp"
#include "tests/unit/tools/forward/loopback.hpp"

namespace flatlan::forward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kMebibyte = std::size_t{1} << 20U;

/// Octets that show where some are missing or stand twice.
std::string pattern(std::size_t size, char first) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>(first + static_cast<char>((i * 7 + i / 251) % 64));
    return text;
}

/// How much a socket takes while nobody reads, until it takes no more for a while.
std::size_t fill(const UniqueFd& socket) {
    constexpr timeval kBriefly{.tv_sec = 0, .tv_usec = 300'000};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kBriefly, sizeof kBriefly);
    const std::string some(65536, 'x');
    std::size_t taken = 0;
    for (;;) {
        const ssize_t sent = ::send(socket.get(), some.data(), some.size(), MSG_NOSIGNAL);
        if (sent <= 0) return taken;
        taken += static_cast<std::size_t>(sent);
    }
}

TEST(Forwarder, CarriesOctetsBothWays) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    const UniqueFd client = forwarder.connect();
    const UniqueFd pod = server.accept();
    send_all(client, "ask");
    EXPECT_EQ(receive(pod, 3), "ask");
    send_all(pod, "answer");
    EXPECT_EQ(receive(client, 6), "answer");
}

TEST(Forwarder, CarriesTheEndOfOneDirectionAndLeavesTheOther) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    const UniqueFd client = forwarder.connect();
    const UniqueFd pod = server.accept();
    send_all(client, "all of it");
    end_sending(client);
    EXPECT_EQ(receive_all(pod), "all of it");
    send_all(pod, "heard");
    EXPECT_EQ(receive(client, 5), "heard");
    end_sending(pod);
    EXPECT_EQ(receive_all(client), "");
}

TEST(Forwarder, CarriesTheServersEndFirstToo) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    const UniqueFd client = forwarder.connect();
    const UniqueFd pod = server.accept();
    send_all(pod, "a greeting");
    end_sending(pod);
    EXPECT_EQ(receive_all(client), "a greeting");
    send_all(client, "thanks");
    end_sending(client);
    EXPECT_EQ(receive_all(pod), "thanks");
}

TEST(Forwarder, CarriesMuchBothWaysAtOnce) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    const UniqueFd client = forwarder.connect();
    const UniqueFd pod = server.accept();
    const std::string there = pattern(8 * kMebibyte, '0');
    const std::string back = pattern(8 * kMebibyte, '1');
    std::string arrived;
    std::thread of_pod{[&] {
        std::thread sender{[&] {
            send_all(pod, back);
            end_sending(pod);
        }};
        arrived = receive_all(pod);
        sender.join();
    }};
    std::thread sender{[&] {
        send_all(client, there);
        end_sending(client);
    }};
    EXPECT_TRUE(receive_all(client) == back);
    sender.join();
    of_pod.join();
    EXPECT_TRUE(arrived == there);
}

// What a sender gets rid of while nobody reads is what the sockets hold, and not more with time.
TEST(Forwarder, MakesASenderWaitForAReaderThatIsSlow) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    const UniqueFd client = forwarder.connect(4096);
    const UniqueFd pod = server.accept();
    const std::size_t taken = fill(pod);
    EXPECT_LT(taken, 64 * kMebibyte);
    EXPECT_EQ(fill(pod), 0U);
    EXPECT_EQ(receive(client, taken), std::string(taken, 'x'));
    send_all(pod, "on it goes");
    EXPECT_EQ(receive(client, 10), "on it goes");
}

TEST(Forwarder, LetsOthersThroughWhileOneIsStuck) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    const UniqueFd stuck = forwarder.connect(4096);
    const UniqueFd stuck_pod = server.accept();
    fill(stuck_pod);
    const UniqueFd client = forwarder.connect();
    const UniqueFd pod = server.accept();
    send_all(pod, "quick");
    EXPECT_EQ(receive(client, 5), "quick");
}

TEST(Forwarder, ResetsOneEndWhenTheOtherIsReset) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    UniqueFd client = forwarder.connect();
    UniqueFd pod = server.accept();
    reset(std::move(client));
    EXPECT_EQ(receive_all(pod), "RESET");
    client = forwarder.connect();
    pod = server.accept();
    send_all(pod, "last words");
    EXPECT_EQ(receive(client, 4), "last");
    reset(std::move(pod));
    EXPECT_EQ(receive_all(client), " wordsRESET");
}

TEST(Forwarder, ResetsASenderWhoseReaderIsGone) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}};
    UniqueFd client = forwarder.connect(4096);
    const UniqueFd pod = server.accept();
    fill(pod);
    client.reset();  // with octets unread: RST
    EXPECT_EQ(receive_all(pod), "RESET");
}

TEST(Forwarder, TriesTheNextWayWhereOneRefuses) {
    Server deaf;
    const Endpoint refuses = deaf.at();
    deaf.close();
    const Server server;
    const RunningForwarder forwarder{{refuses, refuses, server.at()}};
    const UniqueFd client = forwarder.connect();
    send_all(client, "found");
    EXPECT_EQ(receive(server.accept(), 5), "found");
}

TEST(Forwarder, TellsWhatCouldNotBeConnectedAndGoesOn) {
    Server server;
    RunningForwarder forwarder{{server.at()}};
    const UniqueFd well = forwarder.connect();
    const UniqueFd pod = server.accept();
    server.close();
    EXPECT_EQ(receive_all(forwarder.connect()), "RESET");
    EXPECT_THAT(forwarder.failures(1), ElementsAre("80: connect to 127.0.0.1: Connection refused"));
    forwarder.break_ways(Error{ErrorCode::not_found, "no pod 'web' in this lab"});
    EXPECT_EQ(receive_all(forwarder.connect()), "RESET");
    EXPECT_THAT(forwarder.failures(2).back(), HasSubstr("80: no pod 'web'"));
    send_all(well, "still here");
    EXPECT_EQ(receive(pod, 10), "still here");
}

// A full queue of a listener answers no further SYN (tcp(7)).
TEST(Forwarder, GivesUpAWayThatDoesNotAnswer) {
    const UniqueFd listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::listen(listening.get(), 0), 0);  // at a port that the kernel chooses
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const Endpoint full{Ipv4Address{0x7f00'0001}, Port{ntohs(address.sin_port)}};
    const UniqueFd fills_the_queue = connect_to(full);
    RunningForwarder forwarder{{full}, {.connect_patience = std::chrono::milliseconds{200}}};
    EXPECT_EQ(receive_all(forwarder.connect()), "RESET");
    EXPECT_THAT(forwarder.failures(1), ElementsAre("80: connect to 127.0.0.1: no answer in time"));
}

TEST(Forwarder, LetsConnectionsWaitBeyondItsLimit) {
    const Server server;
    const RunningForwarder forwarder{{server.at()}, {.connections_max = 2}};
    UniqueFd first = forwarder.connect();
    const UniqueFd second = forwarder.connect();
    UniqueFd pod = server.accept();
    const UniqueFd other = server.accept();
    const UniqueFd third = forwarder.connect();
    send_all(third, "patient");
    send_all(first, "1");
    EXPECT_EQ(receive(pod, 1), "1");
    EXPECT_FALSE(server.has_waiting());
    first.reset();
    pod.reset();
    EXPECT_EQ(receive(server.accept(), 7), "patient");
}

TEST(Forwarder, KeepsNoDescriptorOfThousandsOfConnections) {
    constexpr int kConnections = 3000;
    const Server server;
    RunningForwarder forwarder{{server.at()}};
    const std::size_t before = open_descriptors();
    for (int i = 0; i < kConnections; ++i) {
        UniqueFd client = forwarder.connect();
        UniqueFd pod = server.accept();
        ASSERT_TRUE(pod);
        switch (i % 3) {
            case 0:  // one after the other
                end_sending(client);
                ASSERT_EQ(receive_all(pod), "");
                break;
            case 1:
                reset(std::move(pod));
                ASSERT_EQ(receive_all(client), "RESET");
                break;
            default:  // both at once
                break;
        }
    }
    EXPECT_TRUE(support::eventually([&] { return open_descriptors() == before; }));
}

TEST(Forwarder, EndsItsConnectionsWithItself) {
    const Server server;
    RunningForwarder forwarder{{server.at()}};
    const UniqueFd client = forwarder.connect();
    const UniqueFd pod = server.accept();
    forwarder.stop();
    EXPECT_EQ(receive_all(client), "");
    EXPECT_EQ(receive_all(pod), "");
}

}  // namespace
}  // namespace flatlan::forward
