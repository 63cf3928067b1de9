#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/boot_id.hpp"
#include "overlay/base/names.hpp"
#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::node {

/// What a node remembers of the registry while it cannot ask it: whether it is still the same one,
/// who else is a member, and when it last heard that its blocks are its own.
struct NodeMemory {
    registry::RegistryState registry;  ///< as it was seen last
    std::uint64_t epoch = 0;           ///< in which the node's blocks are published; 0: in none
    std::vector<NodeName> members;     ///< sorted; the node itself is among them
    BootId boot;                       ///< of the next
    Instant confirmed_at;  ///< CLOCK_BOOTTIME before the registry was last asked and answered
    friend bool operator==(const NodeMemory&, const NodeMemory&) = default;
    /// Whether they differ in nothing but the time at which the registry was last heard.
    bool is_same_but_for_time(const NodeMemory& other) const {
        return registry == other.registry && epoch == other.epoch && members == other.members &&
               boot == other.boot;
    }
};

/// How long a node may go on without the registry, and how long the others wait for it.
struct OfflineRules {
    std::optional<Duration> offline_max;    ///< then it gives no further address; never if empty
    std::optional<Duration> reclaim_after;  ///< then the others take its blocks; never if empty
};

/// Error invalid_argument unless a node stops before its blocks are taken: `offline_max` must be
/// set and less than `reclaim_after` where that is set.
Result<void> check_rules(const OfflineRules& rules);

/// Whether a node may give an address now: it heard within `offline_max`, in this boot, that its
/// blocks are its own. Error unavailable (CNI's code 11: try again later) when not, which says
/// since when.
Result<void> may_give(const NodeMemory& memory, const BootId& boot, Instant now,
                      const OfflineRules& rules);

/// The text of node.json. Errors of reading: corrupt, unsupported for a newer version.
std::string to_json(const NodeMemory& memory);
Result<NodeMemory> memory_from_json(std::string_view text);

/// Reads node.json; a node that has none remembers nothing. Errors name the file.
Result<NodeMemory> load_memory(const std::filesystem::path& file);
/// Writes it, whole or not at all, so that every reader finds a whole one.
Result<void> save_memory(const std::filesystem::path& file, const NodeMemory& memory);

}  // namespace flatlan::node
