#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/boot_id.hpp"
#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/names.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

/// What the daemon of a node tells the programs on that node: one small file, by which the CNI
/// plugin works without asking anybody.
namespace flatlan::node {

/// Where the daemon writes it and the plugin looks for it.
inline constexpr std::string_view kNodeFilePath = "/run/flatlan/node.json";
/// Where a node's leases are unless node.json says otherwise.
inline constexpr std::string_view kLeaseFilePath = "/var/lib/flatlan/leases.sqlite";

/// When the registry last confirmed that this node's blocks are its own.
struct Confirmation {
    BootId boot;
    Instant at;  ///< CLOCK_BOOTTIME of that boot
    friend bool operator==(const Confirmation&, const Confirmation&) = default;
};

/// The content of node.json.
struct NodeFile {
    /// Goes up when a reader of the version before would misunderstand.
    static constexpr std::uint64_t kVersion = 1;

    NodeName name;
    IpAddresses overlay;  ///< the node's own; what it sends to its pods comes from there
    std::vector<IpPrefix> cluster_prefixes;  ///< at least one; their families are the pods'
    OverlayMtu mtu;
    std::filesystem::path lease_file{kLeaseFilePath};
    Confirmation confirmed;
    /// How long after the last confirmation pods may still be added; no value: for ever. Less than
    /// the cluster's reclaimAfter, after which another node may get the blocks.
    std::optional<Duration> offline_max{};
    std::vector<IpPrefix> excluded{};  ///< nobody is given an address of these
    std::vector<IpPrefix> reserved{};  ///< given only when asked for by address

    // How packets reach the pods of other nodes; absent from files of before.
    std::string backend{};                ///< "kernel", "user" or "direct"
    std::optional<IpAddress> underlay{};  ///< this node's address among the others
    std::optional<Port> port{};           ///< UDP port of the tunnel
    /// The machine has lost that address: pods of other nodes are not reached.
    bool unreachable = false;

    /// Whether pods may still be given addresses at `now` of the boot `boot`.
    bool is_confirmed(const BootId& boot, Instant now) const {
        return !offline_max || (confirmed.boot == boot && now - confirmed.at <= *offline_max);
    }
    bool has(IpFamily family) const;

    friend bool operator==(const NodeFile&, const NodeFile&) = default;
};

/// One line of JSON with a line's end. Its keys are only ever added to.
std::string to_json(const NodeFile& file);
/// Errors, naming the field: corrupt for what is cut off or no node file at all, unsupported for a
/// newer version.
Result<NodeFile> node_file_from_json(std::string_view text);

/// Replaces the file as a whole: a reader sees the one before or this one (mode 0644, made where
/// it is missing, the folder too).
Result<void> write_node_file(const std::filesystem::path& path, const NodeFile& file);
/// Errors as `node_file_from_json`; not_found when there is none: the daemon has not started.
Result<NodeFile> read_node_file(const std::filesystem::path& path);

}  // namespace flatlan::node
