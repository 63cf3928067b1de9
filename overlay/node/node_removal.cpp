#include "overlay/node/node_removal.hpp"

namespace flatlan::node {
namespace {

using control::RollRecord;
using control::RollState;
using registry::Record;
using registry::Registry;
using registry::Revision;

Result<void> note_removed(Registry& registry, const control::MemberKeys& keys,
                          const NodeName& name) {
    FLATLAN_TRY(epoch_record, registry.get(keys.epoch()));
    std::uint64_t epoch = 0;
    if (epoch_record) {
        FLATLAN_TRY(read, control::epoch_from_record(epoch_record->value));
        epoch = read.number;
    }
    FLATLAN_TRY(entry, registry.get(keys.roll(name)));
    const std::string removed = to_record(RollRecord{epoch, RollState::removed});
    if (entry && entry->value == removed) return success();
    FLATLAN_TRY_VOID(registry.put(keys.roll(name), removed, entry ? entry->revision : Revision{}));
    return success();
}

/// The claims in the name of a node, but for those of the incarnation that is spared.
Result<std::vector<IpPrefix>> remove_blocks(Registry& registry, const control::RecordKeys& keys,
                                            const NodeName& name,
                                            std::optional<ipam::Incarnation> spared) {
    std::vector<IpPrefix> taken;
    FLATLAN_TRY_VOID(
        for_each_record(registry, keys.blocks(), [&](const Record& record) -> Result<void> {
            const auto claim = control::claim_from_record(record.value);
            if (!claim || claim.value().owner.name != name) return success();
            if (spared == claim.value().owner.incarnation) return success();
            const auto removed = registry.remove(record.key, record.revision);
            if (!removed) return removed.error();
            taken.push_back(claim.value().block);
            return success();
        }));
    return taken;
}

/// What a node of that name had before its disk was lost or replaced: the live one cannot use it.
Result<std::vector<IpPrefix>> remove_earlier(Registry& registry, const control::RecordKeys& keys,
                                             const NodeName& name, const Record& alive) {
    FLATLAN_TRY(incarnation, control::alive_from_record(alive.value));
    FLATLAN_TRY(taken, remove_blocks(registry, keys, name, incarnation));
    if (!taken.empty()) return taken;
    return Error{ErrorCode::conflict, "node '" + name.text() + "' is alive"}.expecting(
        "a node that is stopped, or to be told to remove it all the same");
}

}  // namespace

Result<std::vector<IpPrefix>> remove_node(Registry& registry, const control::RecordKeys& keys,
                                          const NodeName& name, Removal removal) {
    const control::MemberKeys members{keys};
    FLATLAN_TRY(alive, registry.get(members.alive(name)));
    if (alive && removal == Removal::if_gone) return remove_earlier(registry, keys, name, *alive);
    // First, so that a node that comes back between finds out that it lost what it misses.
    FLATLAN_TRY_VOID(note_removed(registry, members, name));
    FLATLAN_TRY(taken, remove_blocks(registry, keys, name, std::nullopt));
    FLATLAN_TRY(record, registry.get(keys.node(name)));
    if (record) FLATLAN_TRY_VOID(registry.remove(record->key, record->revision));
    FLATLAN_TRY(wants, registry.get(members.wants(name)));
    if (wants) FLATLAN_TRY_VOID(registry.remove(wants->key, wants->revision));
    return taken;
}

Result<bool> is_known(Registry& registry, const control::RecordKeys& keys, const NodeName& name) {
    const control::MemberKeys members{keys};
    for (const std::string& key : {keys.node(name), members.roll(name), members.alive(name)}) {
        FLATLAN_TRY(record, registry.get(key));
        if (record) return true;
    }
    bool claims = false;
    FLATLAN_TRY_VOID(
        for_each_record(registry, keys.blocks(), [&](const Record& record) -> Result<void> {
            const auto claim = control::claim_from_record(record.value);
            claims = claims || (claim && claim.value().owner.name == name);
            return success();
        }));
    return claims;
}

Result<std::vector<NodeName>> Reclaimer::step(Instant now, const ClusterMirror& mirror) {
    if (reading_ != mirror.readings()) forget();  // there was a gap
    reading_ = mirror.readings();
    std::vector<NodeName> removed;
    std::map<NodeName, Instant> silent;
    for (const NodeName& name : mirror.members()) {
        if (mirror.is_alive(name)) continue;
        const auto known = silent_since_.find(name);
        const Instant since = known == silent_since_.end() ? now : known->second;
        if (now - since >= reclaim_after_) {
            auto done = remove_node(registry_, mirror.keys(), name, Removal::if_gone);
            if (done) {
                removed.push_back(name);
                continue;
            }
            // It is back, or another node removes it at the same time.
            if (done.error().code() != ErrorCode::conflict) return std::move(done).error();
        }
        silent.emplace(name, since);
    }
    silent_since_ = std::move(silent);
    return removed;
}

}  // namespace flatlan::node
