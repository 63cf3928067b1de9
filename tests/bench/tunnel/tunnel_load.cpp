// Loads a way between two network namespaces with UDP, for the benchmark.
//
// usage: tunnel_load packets FROM_NETNS FROM TO_NETNS TO OCTETS PER_SECOND MILLISECONDS
//            prints "sent N received N"
//        tunnel_load roundtrips FROM_NETNS FROM TO_NETNS TO OCTETS COUNT
//            prints "p50 MICROSECONDS p99 MICROSECONDS"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string_view>
#include <thread>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "tunnel/user/udp_sockets.hpp"

namespace flatlan::tunnel {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWrongUse = 2;
constexpr std::size_t kBatch = 32;
constexpr std::size_t kOctetsMax = 65536;
constexpr int kBufferBytes = 16 << 20;
constexpr auto kQuiet = std::chrono::milliseconds{200};  // after which nothing more comes

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Leaves the processor to others for a while.
void wait(std::chrono::microseconds time) {
    const timespec span{0, std::chrono::nanoseconds{time}.count()};
    static_cast<void>(::ppoll(nullptr, 0, &span, nullptr));
}

/// Bound to an address in a namespace; the kernel chooses the port.
Result<UniqueFd> open_socket(const char* path, std::string_view text) {
    FLATLAN_TRY(network, Namespace::open(path));
    FLATLAN_TRY(address, IpAddress::from_text(text));
    return run_in(network, [&]() -> Result<UniqueFd> {
        UniqueFd socket{
            ::socket(address.is_ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        if (!socket) return Error::from_errno(errno, "open a UDP socket");
        for (const int option : {SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE})
            static_cast<void>(
                ::setsockopt(socket.get(), SOL_SOCKET, option, &kBufferBytes, sizeof kBufferBytes));
        SocketAddress local = SocketAddress::from(address, Port::any());
        if (::bind(socket.get(), local.get(), local.size_bytes) != 0)
            return Error::from_errno(errno, "bind");
        return socket;
    });
}

/// Makes `from` send to where `to` receives.
Result<void> connect(const UniqueFd& from, const UniqueFd& to) {
    SocketAddress address;
    address.size_bytes = sizeof address.storage;
    if (::getsockname(to.get(), address.get(), &address.size_bytes) != 0 ||
        ::connect(from.get(), address.get(), address.size_bytes) != 0)
        return Error::from_errno(errno, "connect");
    return success();
}

struct Batch {
    explicit Batch(std::size_t octets) : octets_(octets) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            pieces_[i] = {octets_.data(), octets_.size()};
            headers[i].msg_hdr.msg_iov = &pieces_[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
    }
    std::array<mmsghdr, kBatch> headers{};

private:
    std::vector<char> octets_;
    std::array<iovec, kBatch> pieces_{};
};

/// Sends at the rate, in bursts no longer than a batch, and returns how many.
std::uint64_t send_paced(const UniqueFd& socket, std::size_t octets, std::uint64_t per_second,
                         std::chrono::milliseconds time) {
    Batch batch{octets};
    const auto start = Clock::now();
    std::uint64_t sent = 0;
    for (;;) {
        const auto elapsed = Clock::now() - start;
        if (elapsed >= time) return sent;
        const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(elapsed).count() *
                                                    static_cast<double>(per_second));
        if (due <= sent) {
            wait(std::chrono::microseconds{20});
            continue;
        }
        const auto count = static_cast<unsigned>(std::min<std::uint64_t>(due - sent, kBatch));
        const int taken = ::sendmmsg(socket.get(), batch.headers.data(), count, 0);
        if (taken > 0) sent += static_cast<std::uint64_t>(taken);
    }
}

bool readable(const UniqueFd& socket) {
    pollfd wanted{socket.get(), POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(kQuiet.count())) > 0;
}

Result<void> packets(const UniqueFd& from, const UniqueFd& to, std::size_t octets,
                     std::uint64_t per_second, std::uint64_t milliseconds) {
    std::atomic<bool> over = false;
    std::uint64_t received = 0;
    std::thread receiver{[&] {
        Batch batch{kOctetsMax};
        while (readable(to) || !over) {
            const int got =
                ::recvmmsg(to.get(), batch.headers.data(), kBatch, MSG_DONTWAIT, nullptr);
            if (got > 0) received += static_cast<std::uint64_t>(got);
        }
    }};
    const std::uint64_t sent =
        send_paced(from, octets, per_second, std::chrono::milliseconds{milliseconds});
    over = true;
    receiver.join();
    std::cout << "sent " << sent << " received " << received << std::endl;
    return success();
}

Result<void> roundtrips(const UniqueFd& from, const UniqueFd& to, std::size_t octets,
                        std::uint64_t count) {
    FLATLAN_TRY_VOID(connect(to, from));
    std::atomic<bool> over = false;
    std::thread echo{[&] {
        std::vector<char> buffer(kOctetsMax);
        while (readable(to) || !over) {
            const ssize_t got = ::recv(to.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got >= 0)
                static_cast<void>(
                    ::send(to.get(), buffer.data(), static_cast<std::size_t>(got), 0));
        }
    }};
    std::vector<char> buffer(octets);
    std::vector<double> microseconds;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto start = Clock::now();
        if (::send(from.get(), buffer.data(), buffer.size(), 0) < 0 || !readable(from)) continue;
        static_cast<void>(::recv(from.get(), buffer.data(), buffer.size(), 0));
        microseconds.push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - start).count());
        wait(std::chrono::microseconds{200});
    }
    over = true;
    echo.join();
    if (microseconds.empty()) return Error{ErrorCode::timed_out, "nothing came back"};
    std::sort(microseconds.begin(), microseconds.end());
    const std::size_t size = microseconds.size();
    std::cout << "p50 " << microseconds[size / 2] << " p99 " << microseconds[size * 99 / 100]
              << std::endl;
    return success();
}

Result<void> run(int count, char** arguments) {
    const std::string_view mode = arguments[1];
    FLATLAN_TRY(from, open_socket(arguments[2], arguments[3]));
    FLATLAN_TRY(to, open_socket(arguments[4], arguments[5]));
    FLATLAN_TRY_VOID(connect(from, to));
    const auto octets = static_cast<std::size_t>(number(arguments[6]));
    if (mode == "packets" && count == 9)
        return packets(from, to, octets, number(arguments[7]), number(arguments[8]));
    if (mode == "roundtrips") return roundtrips(from, to, octets, number(arguments[7]));
    return Error{ErrorCode::invalid_argument, "no such mode"};
}

}  // namespace
}  // namespace flatlan::tunnel

int main(int count, char** arguments) {
    constexpr int kArgumentsMin = 8;
    if (count < kArgumentsMin) {
        std::cerr << "usage: tunnel_load packets|roundtrips FROM_NETNS FROM TO_NETNS TO OCTETS "
                     "PER_SECOND|COUNT [MILLISECONDS]\n";
        return flatlan::tunnel::kWrongUse;
    }
    const auto done = flatlan::tunnel::run(count, arguments);
    if (done) return 0;
    std::cerr << "tunnel_load: " << done.error().to_string() << '\n';
    return 1;
}
