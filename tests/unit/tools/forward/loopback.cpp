#include "tests/unit/tools/forward/loopback.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <filesystem>

#include "overlay/linux/socket_address.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::forward {
namespace {

constexpr Ipv4Address kLoopback{0x7f00'0001};
constexpr timeval kPatience{.tv_sec = 20, .tv_usec = 0};

UniqueFd stream_socket(int flags = 0) {
    UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
    EXPECT_TRUE(socket);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    return socket;
}

}  // namespace

Server::Server() : socket_{stream_socket()}, at_{kLoopback, Port::any()} {
    auto address = SocketAddress::from(kLoopback, Port::any());
    EXPECT_EQ(::bind(socket_.get(), address.get(), address.size_bytes), 0);
    EXPECT_EQ(::listen(socket_.get(), SOMAXCONN), 0);
    ::getsockname(socket_.get(), address.get(), &address.size_bytes);
    at_.port = Port{ntohs(address.storage.sin6_port)};
}

UniqueFd Server::accept() const {
    UniqueFd socket{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket) return socket;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    return socket;
}

bool Server::has_waiting() const {
    pollfd listening{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&listening, 1, 0) > 0;
}

UniqueFd connect_to(const Endpoint& at, int receive_buffer_bytes) {
    UniqueFd socket = stream_socket();
    if (receive_buffer_bytes > 0)
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                     sizeof receive_buffer_bytes);
    auto address = SocketAddress::from(at.address, at.port);
    EXPECT_EQ(::connect(socket.get(), address.get(), address.size_bytes), 0);
    return socket;
}

void send_all(const UniqueFd& socket, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
        ASSERT_GT(sent, 0);
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void end_sending(const UniqueFd& socket) { EXPECT_EQ(::shutdown(socket.get(), SHUT_WR), 0); }

void reset(UniqueFd socket) {
    constexpr linger kAtOnce{.l_onoff = 1, .l_linger = 0};
    EXPECT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce), 0);
}

std::string receive(const UniqueFd& socket, std::size_t count) {
    std::string all(count, '\0');
    std::size_t got = 0;
    while (got < count) {
        const ssize_t more = ::recv(socket.get(), all.data() + got, count - got, 0);
        if (more <= 0) break;
        got += static_cast<std::size_t>(more);
    }
    all.resize(got);
    return all;
}

std::string receive_all(const UniqueFd& socket) {
    std::string all;
    std::array<char, 65536> some{};
    for (;;) {
        const ssize_t got = ::recv(socket.get(), some.data(), some.size(), 0);
        if (got == 0) return all;
        if (got < 0) return all + (errno == ECONNRESET ? "RESET" : "LATE");
        all.append(some.data(), static_cast<std::size_t>(got));
    }
}

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

RunningForwarder::RunningForwarder(std::vector<Endpoint> ways, ForwarderLimits limits)
    : ways_{std::move(ways)},
      at_{kLoopback, Port::any()},
      interrupt_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    const std::vector<IpAddress> addresses{kLoopback};
    const std::vector<PortPair> pairs{{Port::any(), Port{80}}};
    auto listeners = open_listeners(addresses, pairs);
    EXPECT_TRUE(listeners);
    at_ = listeners.value().front().at;
    auto made = Forwarder::open(
        std::move(listeners).value(), [this](Port, std::size_t number) { return find_way(number); },
        [this](Port port, const Error& why) {
            const std::lock_guard lock{mutex_};
            failures_.push_back(std::to_string(port.value()) + ": " + why.to_string());
        },
        limits);
    EXPECT_TRUE(made);
    forwarder_.emplace(std::move(made).value());
    thread_ = std::thread{[this] { EXPECT_TRUE(forwarder_->run(interrupt_)); }};
}

RunningForwarder::~RunningForwarder() { stop(); }

void RunningForwarder::stop() {
    if (!thread_.joinable()) return;
    EXPECT_EQ(::eventfd_write(interrupt_.get(), 1), 0);
    thread_.join();
    forwarder_.reset();
}

std::vector<std::string> RunningForwarder::failures(std::size_t count) {
    support::eventually([&] {
        const std::lock_guard lock{mutex_};
        return failures_.size() >= count;
    });
    const std::lock_guard lock{mutex_};
    return failures_;
}

void RunningForwarder::break_ways(Error why) {
    const std::lock_guard lock{mutex_};
    broken_ = std::move(why);
}

Result<std::optional<Way>> RunningForwarder::find_way(std::size_t number) {
    const std::lock_guard lock{mutex_};
    if (broken_) return *broken_;
    if (number >= ways_.size()) return std::optional<Way>{};
    return std::optional{Way{stream_socket(SOCK_NONBLOCK), ways_[number]}};
}

}  // namespace flatlan::forward
