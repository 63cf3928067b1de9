#include "overlay/node/cluster_mirror.hpp"

#include <set>

namespace flatlan::node {

Result<bool> ClusterMirror::poll(Duration timeout) {
    const std::uint64_t readings = mirror_.readings();
    FLATLAN_TRY(events, mirror_.poll(timeout));
    if (readings != mirror_.readings()) {
        // The ledger may know claims that came and went between two readings.
        ledger_.clear();
        nodes_.clear();
        unreadable_.clear();
        for (const auto& [key, record] : mirror_.records())
            learn({record, false});
        ++changes_;
        return true;
    }
    for (const registry::Event& event : events)
        learn(event);
    if (!events.empty()) ++changes_;
    return !events.empty();
}

void ClusterMirror::learn(const registry::Event& event) {
    const std::string& key = event.record.key;
    unreadable_.erase(key);
    if (key == keys_.cluster() && !event.removed) {
        if (const auto cluster = control::cluster_from_record(event.record.value); !cluster)
            unreadable_.insert_or_assign(key, cluster.error());
    }
    if (key.starts_with(keys_.nodes())) learn_node(event);
    if (key.starts_with(keys_.blocks())) learn_claim(event);
}

void ClusterMirror::learn_node(const registry::Event& event) {
    const auto name = NodeName::from(event.record.key.substr(keys_.nodes().size()));
    if (!name) return;
    nodes_.erase(name.value());
    if (event.removed) return;
    if (auto node = control::node_from_record(event.record.value);
        node && node.value().node.name == name.value())
        nodes_.emplace(name.value(), KnownNode{std::move(node).value(), event.record.revision});
}

void ClusterMirror::learn_claim(const registry::Event& event) {
    const std::string& key = event.record.key;
    if (event.removed) {
        if (const auto block = IpPrefix::from_text(key.substr(keys_.blocks().size())))
            ledger_.remove(block.value());
        return;
    }
    const auto claim = control::claim_from_record(event.record.value);
    if (claim)
        ledger_.put(claim.value());
    else
        unreadable_.insert_or_assign(key, claim.error());
}

Result<void> ClusterMirror::check_readable() const {
    if (unreadable_.empty()) return success();
    const auto& [key, error] = *unreadable_.begin();
    return Error{error}.within("registry record '" + key + "'");
}

registry::Revision ClusterMirror::revision_of(const std::string& key) const {
    const auto found = mirror_.records().find(key);
    return found == mirror_.records().end() ? registry::Revision{} : found->second.revision;
}

std::string_view ClusterMirror::find(const std::string& key) const {
    const auto found = mirror_.records().find(key);
    return found == mirror_.records().end() ? std::string_view{} : found->second.value;
}

std::optional<control::RollRecord> ClusterMirror::find_roll(const NodeName& name) const {
    const auto found = mirror_.records().find(members_.roll(name));
    if (found == mirror_.records().end()) return std::nullopt;
    const auto entry = control::roll_from_record(found->second.value);
    return entry ? std::optional{entry.value()} : std::nullopt;
}

std::optional<control::EpochRecord> ClusterMirror::find_epoch() const {
    const auto found = mirror_.records().find(members_.epoch());
    if (found == mirror_.records().end()) return std::nullopt;
    const auto epoch = control::epoch_from_record(found->second.value);
    return epoch ? std::optional{epoch.value()} : std::nullopt;
}

std::vector<NodeName> ClusterMirror::awaited() const {
    std::vector<NodeName> names;
    const auto epoch = find_epoch();
    for_each_named(members_.roll(), [&](NodeName name, const registry::Record& record) {
        const auto entry = control::roll_from_record(record.value);
        if (epoch && entry && entry.value().epoch >= epoch->number &&
            entry.value().state == control::RollState::awaited)
            names.push_back(std::move(name));
    });
    return names;
}

std::vector<std::pair<NodeName, control::WantsRecord>> ClusterMirror::wants() const {
    std::vector<std::pair<NodeName, control::WantsRecord>> wanted;
    for_each_named(members_.wants(), [&](NodeName name, const registry::Record& record) {
        const auto wants = control::wants_from_record(record.value);
        if (wants && is_alive(name)) wanted.emplace_back(std::move(name), wants.value());
    });
    return wanted;
}

void ClusterMirror::for_each_named(
    const std::string& prefix,
    const std::function<void(NodeName, const registry::Record&)>& visit) const {
    const auto& records = mirror_.records();
    for (auto at = records.lower_bound(prefix);
         at != records.end() && at->first.starts_with(prefix); ++at)
        if (auto name = NodeName::from(at->first.substr(prefix.size())))
            visit(std::move(name).value(), at->second);
}

std::optional<ipam::Incarnation> ClusterMirror::find_alive(const NodeName& name) const {
    const auto found = mirror_.records().find(members_.alive(name));
    if (found == mirror_.records().end()) return std::nullopt;
    const auto incarnation = control::alive_from_record(found->second.value);
    return incarnation ? std::optional{incarnation.value()} : std::nullopt;
}

std::optional<control::ClusterRecord> ClusterMirror::find_cluster() const {
    const auto found = mirror_.records().find(keys_.cluster());
    if (found == mirror_.records().end()) return std::nullopt;
    auto cluster = control::cluster_from_record(found->second.value);
    return cluster ? std::optional{std::move(cluster).value()} : std::nullopt;
}

std::vector<NodeName> ClusterMirror::members() const {
    std::set<NodeName> names;
    for_each_named(keys_.nodes(),
                   [&](NodeName name, const registry::Record&) { names.insert(std::move(name)); });
    for (const ipam::BlockClaim& claim : ledger_.claims())
        names.insert(claim.owner.name);
    return {names.begin(), names.end()};
}

}  // namespace flatlan::node
