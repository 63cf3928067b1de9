#include "overlay/node/block_lending.hpp"

#include <algorithm>

namespace flatlan::node {
namespace {

using ipam::HeldBlock;

/// A block that the node can do without, of a family's that serve.
std::optional<IpPrefix> find_idle(const std::vector<HeldBlock>& serving) {
    std::uint64_t total = 0;
    std::uint64_t free = 0;
    for (const HeldBlock& held : serving) {
        total += held.usage.total();
        free += held.usage.free;
    }
    for (const HeldBlock& held : serving) {
        if (held.usage.leased != 0 || held.usage.cooling != 0) continue;
        const std::uint64_t total_left = total - held.usage.total();
        const std::uint64_t free_left = free - held.usage.free;
        const bool enough = free_left * ipam::NodePool::kFreeShareMin >= total_left;
        if (total_left != 0 && enough) return held.block;
    }
    return std::nullopt;
}

}  // namespace

Result<void> BlockLending::ask(const control::WantsRecord& wanted) {
    const std::string key = mirror_.member_keys().wants(self_.name);
    const registry::Revision known = mirror_.revision_of(key);
    if (wanted.empty() && known == registry::Revision{}) return success();
    const std::string record = wanted.empty() ? "" : control::to_record(wanted);
    if (mirror_.find(key) == record) return success();
    const auto written =
        wanted.empty() ? registry_.remove(key, known) : registry_.put(key, record, known);
    // A mirror that is behind: the next round knows better.
    if (!written && written.error().code() != ErrorCode::conflict) return written.error();
    return success();
}

Result<bool> BlockLending::lend() {
    control::WantsRecord wanted;
    for (const auto& [name, wants] : mirror_.wants())
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (name != self_.name && wants.has(family)) wanted.set(family);
    bool lent = false;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        if (!wanted.has(family)) continue;
        FLATLAN_TRY(done, lend(family));
        lent = lent || done;
    }
    return lent;
}

Result<bool> BlockLending::lend(IpFamily family) {
    FLATLAN_TRY(view, leases_.view());
    std::erase_if(view.blocks, [&](const HeldBlock& held) {
        return !held.serving || held.block.family() != family;
    });
    const auto idle = find_idle(view.blocks);
    if (!idle) return false;
    // First here: from then on nothing is given out of it, whatever happens to the next line.
    const auto removed = leases_.remove_block(*idle);
    if (!removed && removed.error().code() == ErrorCode::conflict) return false;  // used by now
    if (!removed) return removed.error();
    FLATLAN_TRY_VOID(claims_.release(self_, *idle));
    return true;
}

}  // namespace flatlan::node
