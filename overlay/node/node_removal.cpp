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

Result<void> remove_blocks(Registry& registry, const control::RecordKeys& keys,
                           const NodeName& name) {
    std::string after;
    for (bool more = true; more;) {
        FLATLAN_TRY(page, registry.list(keys.blocks(), after, Registry::kPageSizeMax));
        for (const Record& record : page.records) {
            const auto claim = control::claim_from_record(record.value);
            if (!claim || claim.value().owner.name != name) continue;
            FLATLAN_TRY_VOID(registry.remove(record.key, record.revision));
        }
        more = page.more && !page.records.empty();
        if (more) after = page.records.back().key;
    }
    return success();
}

}  // namespace

Result<void> remove_node(Registry& registry, const control::RecordKeys& keys, const NodeName& name,
                         Removal removal) {
    const control::MemberKeys members{keys};
    FLATLAN_TRY(alive, registry.get(members.alive(name)));
    if (alive && removal == Removal::if_gone)
        return Error{ErrorCode::conflict, "node '" + name.text() + "' is alive"}.expecting(
            "a node that is stopped, or to be told to remove it all the same");
    // First, so that a node that comes back between finds out that it lost what it misses.
    FLATLAN_TRY_VOID(note_removed(registry, members, name));
    FLATLAN_TRY_VOID(remove_blocks(registry, keys, name));
    FLATLAN_TRY(record, registry.get(keys.node(name)));
    if (record) FLATLAN_TRY_VOID(registry.remove(record->key, record->revision));
    return success();
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
