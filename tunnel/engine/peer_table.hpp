#pragma once

#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "overlay/base/result.hpp"
#include "tunnel/engine/counters.hpp"
#include "tunnel/engine/forwarding.hpp"
#include "tunnel/engine/peer.hpp"

namespace flatlan::tunnel {

/// This node itself among the owners of addresses.
inline constexpr PeerId kOwnNode{0xffff'ffff};

/// The other nodes, by endpoint and by address, with what was counted for each.
class PeerTable {
public:
    /// What is kept of a peer.
    struct Entry {
        Peer peer;
        Counters counters;
    };

    /// `own_blocks` are this node's, `own_endpoint` is its endpoint.
    PeerTable(IpAddress own_endpoint, std::vector<IpPrefix> own_blocks);

    /// The same with another idea of ourselves; when it fails, that has not changed either.
    Result<void> set(IpAddress own_endpoint, std::vector<IpPrefix> own_blocks,
                     std::span<const Peer> peers);
    /// Makes these the peers, all of them. A peer whose endpoint was there before keeps its place
    /// and its counters. When it fails, nothing has changed. Errors: conflict for an endpoint or a
    /// block that two have; invalid_argument for our own endpoint, or one of the other family.
    Result<void> set(std::span<const Peer> peers);

    std::optional<PeerId> find_endpoint(const IpAddress& endpoint) const;
    /// Whose address this is: a peer's, kOwnNode's or nobody's.
    std::optional<PeerId> find_owner(const IpAddress& address) const;

    /// The peer has to be there.
    Entry& get(PeerId id);
    const Entry& get(PeerId id) const;
    /// The sum over all peers that are or were there.
    Counters counters() const;

private:
    Result<void> check(std::span<const Peer> peers) const;
    Result<Forwarding> forwarding_for(std::span<const Peer> peers,
                                      std::span<const std::uint32_t> places) const;
    std::vector<std::uint32_t> places_for(std::span<const Peer> peers) const;

    IpAddress own_endpoint_;
    std::vector<IpPrefix> own_blocks_;
    std::vector<std::optional<Entry>> entries_;  ///< empty places are used again
    std::unordered_map<IpAddress, PeerId> by_endpoint_;
    Forwarding owners_;
    Counters departed_;  ///< of peers that are gone
};

}  // namespace flatlan::tunnel
