#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::node {

/// Which peers' ways one node probes in which round, a second each: what that takes is bounded
/// however many peers there are. (Pure.)
///
/// Up to kFewPeers are all probed at least every third round. Of more, those are to which something
/// was sent within kInUse; a peer that was not in use is the first of the next round when it is.
/// Of all others a few are probed in each round, by turns, so that no way stays unknown for ever;
/// while none of many is in use, it rests: a round comes less often, with more of them.
class PathSchedule {
public:
    static constexpr std::size_t kFewPeers = 64;
    static constexpr Duration kInUse = std::chrono::seconds{30};
    /// Probed in each round, of those that are in use, however few they are; and at most. Above
    /// three times that many it takes more than three rounds until it is a peer's turn again.
    static constexpr std::size_t kInUseMin = 8;
    static constexpr std::size_t kInUseMax = 128;
    static constexpr std::size_t kOthers = 2;
    /// How long it rests; as many seconds' others come then at once.
    static constexpr Duration kRest = std::chrono::seconds{5};

    /// Something was sent to these endpoints since the last call.
    void handle_used(Instant now, std::span<const IpAddress> endpoints);

    /// Whether there were more than kFewPeers in the last round: then it is of use to know which
    /// of them are used.
    bool has_many() const { return many_; }
    /// Whether the round at `now` can be left out.
    bool rests(Instant now) const;

    /// Those to be probed in the round at `now`, as places in `peers`, each at most once. A peer is
    /// known by its endpoint.
    std::vector<std::size_t> poll_round(Instant now, std::span<const IpAddress> peers);

private:
    struct Peer {
        std::optional<Instant> used_at;
        std::optional<Instant> probed_at;
    };

    void forget(Instant now, std::span<const IpAddress> few);

    std::map<IpAddress, Peer> known_;  ///< those in use; all where there are few
    std::size_t next_other_ = 0;       ///< its place among the peers
    std::optional<Instant> round_at_;  ///< the last
    bool many_ = false;                ///< peers in it
};

}  // namespace flatlan::node
