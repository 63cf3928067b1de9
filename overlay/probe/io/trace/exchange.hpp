#pragma once

#include <memory>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/probe/trace/observation.hpp"
#include "overlay/probe/trace/walk.hpp"

namespace flatlan::trace {

/// Who sends what to whom, with real sockets.
struct ExchangeSpec {
    Flow flow;
    probe::Protocol protocol = probe::Protocol::icmp;
    std::uint64_t tag = 0;
    const Namespace* from;  ///< null: the sender's half is on another machine
    const Namespace* to;    ///< null: the other half is
    /// Of a service that should be there; none: the exchange listens itself, at a port that the
    /// kernel gives.
    std::optional<Port> service{};
    /// Where the other machine's half listens, if `to` is null and there is no service.
    Port far_port = Port::any();
};

/// How many small packets are sent at once.
inline constexpr std::size_t kSmallPackets = 8;

/// So many are taken of one socket before anything else has its turn.
inline constexpr int kPacketsPerTurn = 128;

/// Sockets at both ends of a trace, or at the one that is on this machine: sends the tagged
/// packets, answers them, and notes in an Observation what arrived. Never blocks.
class Exchange {
public:
    virtual ~Exchange() = default;

    /// How the packets are known again.
    virtual Trail trail() const = 0;
    /// Sends the small packets; a refusal of the sender's kernel counts as sent and lost.
    virtual void send_small(Observation& seen) = 0;
    /// Sends one of `size_bytes`, IP header included and at least kLargePacketMinBytes (way.hpp; of
    /// a smaller size nothing is sent), that may not be fragmented.
    virtual void send_large(Observation& seen, std::uint32_t size_bytes) = 0;
    /// Takes in what has arrived at either end, and answers; of each socket kPacketsPerTurn at
    /// most, however fast others send there. Whether that was all.
    virtual bool read(Observation& seen) = 0;
    /// How many packets came when a socket had no room for them, of whomever.
    std::uint32_t count_lost() const;
    /// For waiting; still owned here.
    virtual std::vector<int> descriptors() const = 0;
};

/// Opens the sockets. Error not_found when one end does not have its address, forbidden without the
/// right to raw sockets.
Result<std::unique_ptr<Exchange>> open_exchange(const ExchangeSpec& spec);

Result<std::unique_ptr<Exchange>> open_icmp_exchange(const ExchangeSpec& spec);
Result<std::unique_ptr<Exchange>> open_udp_exchange(const ExchangeSpec& spec);
Result<std::unique_ptr<Exchange>> open_tcp_exchange(const ExchangeSpec& spec);

/// What `open` opens in the namespace; an empty descriptor where there is none.
template <typename Open>
Result<UniqueFd> open_at(const Namespace* network, Open open) {
    if (network == nullptr) return UniqueFd{};
    return run_in(*network, open);
}

/// Lets the socket send packets that may not be fragmented, whatever path MTU the kernel has learnt
/// (IP_PMTUDISC_PROBE).
Result<void> forbid_fragments(const UniqueFd& socket, IpFamily family);

}  // namespace flatlan::trace
