#include "overlay/node/epoch_guard.hpp"

#include <algorithm>

namespace flatlan::node {
namespace {

using control::EpochRecord;
using control::RollRecord;
using control::RollState;
using registry::Record;
using registry::Registry;
using registry::Revision;

/// Every entry of the roll.
template <typename Visit>
Result<void> for_each_in_roll(Registry& registry, const control::MemberKeys& keys, Visit visit) {
    return for_each_record(registry, keys.roll(), [&](const Record& record) -> Result<void> {
        FLATLAN_TRY(entry, control::roll_from_record(record.value));
        return visit(record, entry);
    });
}

}  // namespace

Result<bool> EpochGuard::check(const NodeMemory& memory, bool lost) {
    FLATLAN_TRY(reading, registry_.get_with_state(keys_.epoch()));
    state_ = reading.state;
    const auto& record = reading.record;
    revision_ = record ? record->revision : Revision{};
    own_entry_.reset();
    epoch_ = {.number = 0, .registry = 0, .whole = false};
    if (record) {
        FLATLAN_TRY(read, control::epoch_from_record(record->value));
        epoch_ = read;
    }
    const bool remembers = memory.epoch != 0;
    const bool another =
        remembers && (state_.cluster != memory.registry.cluster ||
                      state_.revision < memory.registry.revision || !record || lost);
    const bool noticed = epoch_.number > memory.epoch && epoch_.registry == state_.cluster;
    const bool stale = record && epoch_.registry != state_.cluster;
    if (!record && !remembers)
        FLATLAN_TRY_VOID(write_epoch({.number = 1, .registry = state_.cluster, .whole = true}));
    else if (stale || (another && !noticed))
        FLATLAN_TRY_VOID(begin(std::max(memory.epoch, epoch_.number) + 1, state_.cluster));
    return epoch_.number != memory.epoch;
}

Result<void> EpochGuard::begin(std::uint64_t number, std::uint64_t cluster) {
    FLATLAN_TRY_VOID(await_itself(number));
    return write_epoch({.number = number, .registry = cluster, .whole = false});
}

/// Before the epoch's record is there: whoever reads that finds this node waited for until its
/// blocks are published, and so until it has written down whom it remembers.
Result<void> EpochGuard::await_itself(std::uint64_t number) {
    FLATLAN_TRY(record, registry_.get(keys_.roll(self_)));
    if (record) {
        FLATLAN_TRY(entry, control::roll_from_record(record->value));
        if (entry.state == RollState::removed) return success();  // it has to find that out yet
    }
    FLATLAN_TRY(written,
                registry_.put(keys_.roll(self_), to_record(RollRecord{number, RollState::awaited}),
                              record ? record->revision : Revision{}));
    own_entry_ = written;
    return success();
}

Result<void> EpochGuard::write_epoch(const EpochRecord& next) {
    FLATLAN_TRY(written, registry_.put(keys_.epoch(), control::to_record(next), revision_));
    revision_ = written;
    epoch_ = next;
    return success();
}

Result<void> EpochGuard::await_others(const std::vector<NodeName>& members) {
    for (const NodeName& name : members) {
        if (name == self_) continue;
        FLATLAN_TRY(record, registry_.get(keys_.roll(name)));
        if (record) {
            FLATLAN_TRY(entry, control::roll_from_record(record->value));
            if (entry.epoch >= epoch_.number || entry.state == RollState::removed) continue;
        }
        const auto written = registry_.put(keys_.roll(name),
                                           to_record(RollRecord{epoch_.number, RollState::awaited}),
                                           record ? record->revision : Revision{});
        // Lost to another one who waits for it, or to the member itself: both are as well.
        if (!written && written.error().code() != ErrorCode::conflict) return written.error();
    }
    return success();
}

Result<void> EpochGuard::note_published() {
    const auto known = mirror_.find_roll(self_);
    const RollRecord entry{epoch_.number, RollState::published};
    if (!own_entry_ && known == entry) return success();
    // A mirror that is behind gives a conflict, and the next round knows better.
    const Revision expected = own_entry_.value_or(mirror_.revision_of(keys_.roll(self_)));
    FLATLAN_TRY_VOID(registry_.put(keys_.roll(self_), to_record(entry), expected));
    own_entry_.reset();
    return success();
}

Result<void> EpochGuard::try_finish() {
    if (epoch_.whole) return success();
    bool complete = true;
    FLATLAN_TRY_VOID(for_each_in_roll(
        registry_, keys_, [&](const Record&, const RollRecord& entry) -> Result<void> {
            // Of a later epoch: by one that is about to begin it.
            if (entry.epoch >= epoch_.number && entry.state == RollState::awaited) complete = false;
            return success();
        }));
    if (!complete) return success();
    return write_epoch({.number = epoch_.number, .registry = epoch_.registry, .whole = true});
}

Result<void> confirm_rebuild(Registry& registry, const control::RecordKeys& keys) {
    const control::MemberKeys members{keys};
    FLATLAN_TRY(record, registry.get(members.epoch()));
    if (!record) return Error{ErrorCode::not_found, "no node has joined the cluster yet"};
    FLATLAN_TRY(epoch, control::epoch_from_record(record->value));
    FLATLAN_TRY_VOID(for_each_in_roll(
        registry, members, [&](const Record& entry, const RollRecord& roll) -> Result<void> {
            if (roll.state != RollState::awaited) return success();
            const auto removed = registry.remove(entry.key, entry.revision);
            // It has just published.
            if (!removed && removed.error().code() != ErrorCode::conflict) return removed.error();
            return success();
        }));
    epoch.whole = true;
    auto written = registry.put(members.epoch(), control::to_record(epoch), record->revision);
    if (written) return success();
    if (written.error().code() != ErrorCode::conflict) return std::move(written).error();
    // A node that found nobody waited for any more said so first, or the registry lost its data.
    FLATLAN_TRY(now, registry.get(members.epoch()));
    if (!now) return std::move(written).error();
    FLATLAN_TRY(other, control::epoch_from_record(now->value));
    if (other.number == epoch.number && other.whole) return success();
    return std::move(written).error();
}

}  // namespace flatlan::node
