#include "tunnel/engine/peer_table.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace flatlan::tunnel {

PeerTable::PeerTable(IpAddress own_endpoint, std::vector<IpPrefix> own_blocks)
    : own_endpoint_{own_endpoint}, own_blocks_{std::move(own_blocks)} {
    auto own = forwarding_for({}, {});
    FLATLAN_CHECK(own);  // one owner alone cannot contradict itself
    owners_ = std::move(own).value();
}

Result<void> PeerTable::check(std::span<const Peer> peers) const {
    std::unordered_set<IpAddress> endpoints;
    for (const Peer& peer : peers) {
        const std::string text = "endpoint " + to_string(peer.endpoint);
        if (peer.endpoint == own_endpoint_)
            return Error{ErrorCode::invalid_argument, text + " of a peer is our own"};
        if (peer.endpoint.family() != own_endpoint_.family())
            return Error{ErrorCode::invalid_argument,
                         text + " of a peer cannot be reached from " + to_string(own_endpoint_)};
        if (!endpoints.insert(peer.endpoint).second)
            return Error{ErrorCode::conflict, text + " belongs to two peers"};
    }
    return success();
}

std::vector<std::uint32_t> PeerTable::places_for(std::span<const Peer> peers) const {
    std::vector<std::uint32_t> places;
    std::vector<bool> taken(entries_.size() + peers.size(), false);
    for (const Peer& peer : peers)
        if (const auto known = find_endpoint(peer.endpoint))
            taken[static_cast<std::uint32_t>(*known)] = true;
    std::uint32_t free = 0;
    for (const Peer& peer : peers) {
        if (const auto known = find_endpoint(peer.endpoint)) {
            places.push_back(static_cast<std::uint32_t>(*known));
            continue;
        }
        while (taken[free])
            ++free;
        taken[free] = true;
        places.push_back(free);
    }
    return places;
}

Result<Forwarding> PeerTable::forwarding_for(std::span<const Peer> peers,
                                             std::span<const std::uint32_t> places) const {
    std::vector<Route> routes;
    for (const IpPrefix& block : own_blocks_)
        routes.push_back({block, static_cast<std::uint32_t>(kOwnNode)});
    for (std::size_t i = 0; i < peers.size(); ++i)
        for (const IpPrefix& block : peers[i].blocks)
            routes.push_back({block, places[i]});
    return Forwarding::from(routes);
}

Result<void> PeerTable::set(IpAddress own_endpoint, std::vector<IpPrefix> own_blocks,
                            std::span<const Peer> peers) {
    std::swap(own_endpoint_, own_endpoint);
    std::swap(own_blocks_, own_blocks);
    auto done = set(peers);
    if (!done) {
        own_endpoint_ = own_endpoint;
        own_blocks_ = std::move(own_blocks);
    }
    return done;
}

Result<void> PeerTable::set(std::span<const Peer> peers) {
    FLATLAN_TRY_VOID(check(peers));
    const auto places = places_for(peers);
    FLATLAN_TRY(owners, forwarding_for(peers, places));

    std::vector<std::optional<Entry>> entries(
        places.empty() ? 0 : *std::max_element(places.begin(), places.end()) + 1);
    std::unordered_map<IpAddress, PeerId> by_endpoint;
    for (std::size_t i = 0; i < peers.size(); ++i) {
        const PeerId id{places[i]};
        Counters counted;
        if (find_endpoint(peers[i].endpoint)) {
            counted = get(id).counters;
            entries_[places[i]].reset();
        }
        entries[places[i]] = Entry{peers[i], counted};
        by_endpoint.emplace(peers[i].endpoint, id);
    }
    for (const auto& gone : entries_)
        if (gone) departed_ += gone->counters;
    entries_ = std::move(entries);
    by_endpoint_ = std::move(by_endpoint);
    owners_ = std::move(owners);
    return success();
}

std::optional<PeerId> PeerTable::find_endpoint(const IpAddress& endpoint) const {
    const auto found = by_endpoint_.find(endpoint);
    if (found == by_endpoint_.end()) return std::nullopt;
    return found->second;
}

std::optional<PeerId> PeerTable::find_owner(const IpAddress& address) const {
    const auto owner = owners_.find(address);
    if (!owner) return std::nullopt;
    return PeerId{*owner};
}

PeerTable::Entry& PeerTable::get(PeerId id) {
    auto& entry = entries_[static_cast<std::uint32_t>(id)];
    FLATLAN_CHECK(entry);
    return *entry;
}

const PeerTable::Entry& PeerTable::get(PeerId id) const {
    const auto& entry = entries_[static_cast<std::uint32_t>(id)];
    FLATLAN_CHECK(entry);
    return *entry;
}

Counters PeerTable::counters() const {
    Counters sum = departed_;
    for (const auto& entry : entries_)
        if (entry) sum += entry->counters;
    return sum;
}

}  // namespace flatlan::tunnel
