#include "overlay/probe/io/trial/trial_host.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/io/sockets.hpp"
#include "overlay/probe/io/trial/trial_sockets.hpp"

namespace flatlan::trial {
namespace {

constexpr Duration kLook = std::chrono::milliseconds{20};
constexpr std::size_t kTransfersMax = 512;  // at once; each is a descriptor
constexpr int kPacketsPerTurn = 64;         // of one door, so that others have theirs
constexpr std::size_t kReadBytes = 65'536;

/// What an event is of. A transfer's number is its descriptor.
enum class Of : std::uint64_t { udp, tcp, transfer };
constexpr unsigned kOfBits = 2;

std::uint64_t tag(Of of, std::uint64_t number) {
    return number << kOfBits | static_cast<std::uint64_t>(of);
}

}  // namespace

TrialHost::TrialHost(probe::Epoll epoll, std::uint64_t seed, std::uint64_t octets)
    : epoll_{std::move(epoll)}, pattern_{seed}, octets_{octets}, buffer_(kReadBytes) {}

Result<std::unique_ptr<TrialHost>> TrialHost::open(const probe::Field& field,
                                                   std::span<const DoorKey> wanted,
                                                   std::uint64_t seed, std::uint64_t octets) {
    FLATLAN_TRY(epoll, probe::Epoll::open());
    FLATLAN_TRY(scope, NamespaceScope::here());
    std::unique_ptr<TrialHost> host{new TrialHost{std::move(epoll), seed, octets}};
    for (const DoorKey& of : wanted) {
        auto opened = host->open_door(field, scope, of);
        if (!opened && opened.error().code() != ErrorCode::not_found) return opened.error();
    }
    host->thread_ = std::jthread{[&host = *host] { host.run(); }};
    return host;
}

Result<void> TrialHost::open_door(const probe::Field& field, NamespaceScope& scope,
                                  const DoorKey& of) {
    const auto& [member, family] = of;
    const TrialGround ground{field, scope};
    FLATLAN_TRY_VOID(enter(ground, member));
    const IpAddress address = field.address(member, family);
    FLATLAN_TRY(udp, probe::open_socket(family, SOCK_DGRAM, IPPROTO_UDP));
    FLATLAN_TRY_VOID(probe::bind_socket(udp, address, Port::any()));
    FLATLAN_TRY(tcp, probe::open_socket(family, SOCK_STREAM, IPPROTO_TCP));
    FLATLAN_TRY_VOID(probe::reset_on_close(tcp));
    FLATLAN_TRY_VOID(probe::bind_socket(tcp, address, Port::any()));
    if (::listen(tcp.get(), SOMAXCONN) != 0) return Error::from_errno(errno, "listen");
    FLATLAN_TRY(udp_end, probe::local_endpoint(udp));
    FLATLAN_TRY(tcp_end, probe::local_endpoint(tcp));
    FLATLAN_TRY_VOID(epoll_.add(udp, EPOLLIN, tag(Of::udp, doors_.size())));
    FLATLAN_TRY_VOID(epoll_.add(tcp, EPOLLIN, tag(Of::tcp, doors_.size())));
    doors_.push_back({member, family, udp_end.port, tcp_end.port});
    udp_.push_back(std::move(udp));
    tcp_.push_back(std::move(tcp));
    places_.push_back(0);
    return success();
}

void TrialHost::run() {
    while (!over_) {
        const auto events = epoll_.wait(kLook);
        if (!events) return;  // those who try see that nobody answers
        for (const epoll_event& event : events.value()) {
            const std::uint64_t number = event.data.u64 >> kOfBits;
            switch (static_cast<Of>(event.data.u64 & ((1U << kOfBits) - 1))) {
                case Of::udp:
                    receipt_all(number);
                    break;
                case Of::tcp:
                    accept_all(number);
                    break;
                case Of::transfer:
                    read_transfer(static_cast<int>(number));
                    break;
            }
        }
    }
}

void TrialHost::receipt_all(std::size_t door) {
    const int socket = udp_[door].get();
    for (int packets = 0; packets < kPacketsPerTurn; ++packets) {
        Receipt receipt;
        probe::SocketAddress from;
        socklen_t length = probe::SocketAddress::kCapacity;
        const ssize_t size = ::recvfrom(socket, receipt.start.data(), receipt.start.size(),
                                        MSG_TRUNC, from.get(), &length);
        if (size < 0) return;
        if (static_cast<std::size_t>(size) < Receipt::kStartBytes) continue;
        receipt.octets = static_cast<std::uint32_t>(size);
        receipt.place = places_[door]++;
        std::array<std::byte, Receipt::kSizeBytes> octets{};
        receipt.write(octets);
        // One that cannot be sent is one that does not come.
        static_cast<void>(
            ::sendto(socket, octets.data(), octets.size(), MSG_NOSIGNAL, from.get(), length));
    }
}

void TrialHost::accept_all(std::size_t door) {
    for (int transfers = 0; transfers < kPacketsPerTurn; ++transfers) {
        UniqueFd socket{
            ::accept4(tcp_[door].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!socket) return;
        const int number = socket.get();
        if (transfers_.size() >= kTransfersMax ||
            !epoll_.add(socket, EPOLLIN, tag(Of::transfer, static_cast<std::uint64_t>(number))))
            continue;
        transfers_.insert_or_assign(number, Transfer{std::move(socket), {}});
    }
}

void TrialHost::read_transfer(int socket) {
    const auto found = transfers_.find(socket);
    if (found == transfers_.end()) return;
    Progress& progress = found->second.progress;
    const ssize_t count = ::recv(socket, buffer_.data(), buffer_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        transfers_.erase(found);
        return;
    }
    const std::span came{buffer_.data(), static_cast<std::size_t>(count)};
    if (!progress.changed) {
        const std::size_t equal = pattern_.count_equal(progress.arrived, came);
        progress.arrived += equal;
        progress.changed = equal < came.size() || progress.arrived > octets_;
    }
    std::array<std::byte, Progress::kSizeBytes> octets{};
    progress.write(octets);
    // So few fit into any socket; where they do not, the sender does not read.
    if (::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(octets.size()))
        transfers_.erase(found);
}

}  // namespace flatlan::trial
