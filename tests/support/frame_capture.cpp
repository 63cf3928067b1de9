#include "tests/support/frame_capture.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "tests/support/network_test.hpp"

namespace flatlan::support {
namespace {

constexpr std::size_t kFrameBytesMax = 65536;

Result<UniqueFd> open_here(const std::string& interface) {
    UniqueFd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_protocol = htons(ETH_P_ALL);
    where.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    const auto* const address = reinterpret_cast<const sockaddr*>(&where);
    if (where.sll_ifindex == 0 || !socket || ::bind(socket.get(), address, sizeof where) != 0)
        return Error::from_errno(errno, "capture on " + interface);
    return socket;
}

}  // namespace

FrameCapture::FrameCapture(const Namespace& network, std::string_view interface)
    : socket_{must(run_in(network, [&] { return open_here(std::string{interface}); }))} {}

std::optional<FrameCapture::Frame> FrameCapture::next(std::chrono::milliseconds within) {
    pollfd waiting{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(within.count())) != 1) return std::nullopt;
    Frame frame(kFrameBytesMax);
    const ssize_t got = ::recv(socket_.get(), frame.data(), frame.size(), 0);
    if (got < 0) return std::nullopt;
    frame.resize(static_cast<std::size_t>(got));
    return frame;
}

}  // namespace flatlan::support
