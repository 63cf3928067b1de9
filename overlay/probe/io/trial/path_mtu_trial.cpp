#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "overlay/base/bytes.hpp"
#include "overlay/probe/io/datagrams.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/probe/io/sockets.hpp"
#include "overlay/probe/io/trial/trials.hpp"

namespace flatlan::trial {
namespace {

using std::chrono::milliseconds;

constexpr std::array kPatience{milliseconds{100}, milliseconds{200}, milliseconds{400}};
constexpr Duration kSearchPatience = milliseconds{60};
constexpr std::uint32_t kLargestOctets = 65'535;  // of an IP packet without jumbo options
constexpr std::uint32_t kSmallestOctets = 128;    // smaller ones passed as checks
constexpr int kLessonsMax = 8;                    // narrower routers on one way, and the device

class PathMtuTrial {
public:
    PathMtuTrial(UdpFlow flow, IpFamily family)
        : flow_{std::move(flow)}, family_{family}, packet_(kLargestOctets) {}

    Result<PathMtuSeen> run() {
        FLATLAN_TRY_VOID(discover_path(PathDiscovery::ignored));
        FLATLAN_TRY(believed, believed_mtu());
        FLATLAN_TRY(seen, descend(std::min(believed, kLargestOctets)));
        if (seen.larger && seen.larger->arrived) {
            // The way is wider than its sender was told earlier, which it goes by for ten minutes
            // (mtu_expires of the kernel's ip-sysctl).
            FLATLAN_TRY(wider, descend(kLargestOctets));
            return wider;
        }
        const bool vanished = seen.larger && !seen.larger->arrived && !seen.larger->refusal;
        if (vanished) FLATLAN_TRY_VOID(ask_own_kernel(*seen.larger));
        return seen;
    }

private:
    /// Whether the sender's kernel lets packets go that are larger than what it knows of the path:
    /// what it was told, and what its route says (IP_PMTUDISC_PROBE and IP_PMTUDISC_DO in ip(7)).
    /// Either way nobody may cut them up.
    enum class PathDiscovery : std::uint8_t { ignored, obeyed };

    Result<void> discover_path(PathDiscovery discovery) const {
        const bool ignored = discovery == PathDiscovery::ignored;
        if (family_ == IpFamily::ipv4)
            return probe::set_option(flow_.sender, IPPROTO_IP, IP_MTU_DISCOVER,
                                     ignored ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DO,
                                     "IP_MTU_DISCOVER");
        FLATLAN_TRY_VOID(probe::set_option(flow_.sender, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                                           ignored ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DO,
                                           "IPV6_MTU_DISCOVER"));
        return probe::set_option(flow_.sender, IPPROTO_IPV6, IPV6_DONTFRAG, 1, "IPV6_DONTFRAG");
    }
    /// The largest size from `octets` down that arrives as whoever refuses a larger one says, and
    /// one octet more.
    Result<PathMtuSeen> descend(std::uint32_t octets) {
        PathMtuSeen seen;
        for (int lessons = 0; lessons < kLessonsMax; ++lessons) {
            FLATLAN_TRY(largest, try_size(octets, kPatience));
            seen.largest = largest;
            const bool narrower = !largest.arrived && largest.told_octets >= kSmallestOctets &&
                                  largest.told_octets < octets;
            if (!narrower) break;
            octets = largest.told_octets;
        }
        if (!seen.largest.arrived && !seen.largest.refusal) {
            FLATLAN_TRY(passing, search(octets));
            seen.passing_octets = passing;
        }
        if (seen.largest.arrived && octets < kLargestOctets) {
            FLATLAN_TRY(larger, try_size(octets + 1, kPatience));
            seen.larger = larger;
        }
        return seen;
    }
    /// What vanishes when a sender ignores its own route, as none but a tester does, may be refused
    /// to all others before it leaves: a tunnel's end has routes that say what their way passes.
    Result<void> ask_own_kernel(SizeSeen& vanished) {
        FLATLAN_TRY_VOID(discover_path(PathDiscovery::obeyed));
        FLATLAN_TRY(asked, try_size(vanished.octets, std::span{kPatience}.first<1>()));
        if (asked.refusal) vanished = asked;
        return success();
    }
    Result<std::uint32_t> believed_mtu() const {
        int mtu = 0;
        socklen_t size = sizeof mtu;
        const bool v4 = family_ == IpFamily::ipv4;
        if (::getsockopt(flow_.sender.get(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU,
                         &mtu, &size) != 0)
            return Error::from_errno(errno, "ask for the MTU to " + to_string(flow_.destination));
        return static_cast<std::uint32_t>(mtu);
    }

    Result<SizeSeen> try_size(std::uint32_t octets, std::span<const milliseconds> patience) {
        SizeSeen seen{.octets = octets};
        for (const Duration span : patience) {
            ++seen.tries;
            forget_errors();
            ++number_;
            ByteWriter{std::span{packet_}.first<4>()}.u32(number_);
            const std::size_t header = family_ == IpFamily::ipv4 ? 20 + 8 : 40 + 8;
            const bool sent =
                ::send(flow_.sender.get(), packet_.data(), octets - header, MSG_NOSIGNAL) >= 0;
            const int failed = sent ? 0 : errno;
            if (sent) FLATLAN_TRY_VOID(await(seen, octets - header, span));
            if (!sent) read_errors(seen);
            if (!sent && !seen.refusal)
                seen.refusal =
                    probe::Refusal{.kind = probe::refusal_of_errno(failed), .errno_value = failed};
            if (seen.arrived || seen.refusal) break;
        }
        return seen;
    }
    Result<void> await(SizeSeen& seen, std::size_t payload, Duration patience) {
        const Instant deadline = probe::monotonic_now() + patience;
        for (bool last = false; !seen.arrived && !seen.refusal && !last;) {
            last = probe::monotonic_now() >= deadline;
            const bool far = !flow_.receiver;
            FLATLAN_TRY(ready, wait_for(flow_.receiver, POLLIN, flow_.sender, far ? POLLIN : 0,
                                        deadline - probe::monotonic_now()));
            if (ready[0]) read_packets(seen, payload);
            if (ready[1] && far) read_receipts(seen, payload);
            if (ready[1]) read_errors(seen);
        }
        return success();
    }
    void read_packets(SizeSeen& seen, std::size_t payload) {
        std::array<std::byte, 4> start{};
        ssize_t size = 0;
        while ((size = ::recv(flow_.receiver.get(), start.data(), start.size(), MSG_TRUNC)) >= 0)
            if (static_cast<std::size_t>(size) == payload && ByteReader{start}.u32() == number_)
                seen.arrived = true;
    }
    void read_receipts(SizeSeen& seen, std::size_t payload) {
        std::array<std::byte, Receipt::kSizeBytes> octets{};
        ssize_t size = 0;
        while ((size = ::recv(flow_.sender.get(), octets.data(), octets.size(), 0)) >= 0) {
            const auto receipt =
                Receipt::parse(std::span{octets}.first(static_cast<std::size_t>(size)));
            if (receipt && receipt->octets == payload &&
                ByteReader{receipt->start}.u32() == number_)
                seen.arrived = true;
        }
    }
    void read_errors(SizeSeen& seen) {
        for (const probe::Datagram& error : errors_.receive(flow_.sender.get(), MSG_ERRQUEUE)) {
            const auto refusal = probe::read_refusal(*error.header);
            if (!refusal) continue;
            seen.refusal = refusal;
            seen.told_octets = probe::read_told_mtu(*error.header);
        }
    }
    /// An error of an earlier packet would fail the next call (socket(7), SO_ERROR).
    void forget_errors() {
        while (!errors_.receive(flow_.sender.get(), MSG_ERRQUEUE).empty()) {
        }
        int pending = 0;
        socklen_t size = sizeof pending;
        static_cast<void>(::getsockopt(flow_.sender.get(), SOL_SOCKET, SO_ERROR, &pending, &size));
    }
    /// The largest size below `vanishing` that arrives; 0 when none does.
    Result<std::uint32_t> search(std::uint32_t vanishing) {
        std::uint32_t passing = 0;
        for (std::uint32_t low = kSmallestOctets; low < vanishing;) {
            const std::uint32_t middle = low + (vanishing - low) / 2;
            constexpr std::array kOnce{std::chrono::duration_cast<milliseconds>(kSearchPatience)};
            FLATLAN_TRY(seen, try_size(middle, kOnce));
            if (seen.arrived)
                passing = middle;
            else
                vanishing = middle;
            if (seen.arrived) low = middle + 1;
        }
        return passing;
    }

    UdpFlow flow_;
    IpFamily family_;
    std::vector<std::byte> packet_;
    std::uint32_t number_ = 0;
    probe::ReceiveBatch errors_;
};

}  // namespace

Result<PathMtuSeen> try_path_mtu(const TrialGround& ground, const Trial& trial) {
    FLATLAN_TRY(flow, open_udp_flow(ground, trial));
    return PathMtuTrial{std::move(flow), trial.family}.run();
}

}  // namespace flatlan::trial
