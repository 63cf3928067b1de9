#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "overlay/lab/machine/feature_trials.hpp"

namespace flatlan::lab {

/// How control groups are mounted below /sys/fs/cgroup.
enum class CgroupLayout : std::uint8_t {
    none,
    v1,
    v2,
    hybrid,  ///< v1 with a v2 tree beside it (systemd's word)
};

/// An OCI runtime that is installed.
struct RuntimeFact {
    std::string program;  ///< path
    Trial container;      ///< of one container
};

/// What was seen on a machine, not yet judged. A value that is empty: the kernel has no such
/// setting, or it could not be read.
struct MachineFacts {
    bool with_rights = false;  ///< no user namespace is needed (has_namespace_rights)
    std::string user;          ///< its name, or its number when it has none
    FeatureTrials features;

    // Settings of the kernel.
    std::optional<std::uint64_t> unprivileged_userns_clone;       ///< Debian's patch; 0 forbids
    std::optional<std::uint64_t> apparmor_restrict_unprivileged;  ///< Ubuntu's; 1 restricts
    std::optional<std::uint64_t> max_user_namespaces;
    std::optional<std::uint64_t> max_net_namespaces;
    std::optional<std::uint64_t> max_ipc_namespaces;
    std::optional<std::uint64_t> max_uts_namespaces;
    std::optional<std::uint64_t> max_pid_namespaces;
    std::optional<std::uint64_t> max_mnt_namespaces;
    std::optional<std::uint64_t> neighbours_max;  ///< net.ipv4.neigh.default.gc_thresh3

    // Limits of this process.
    std::uint64_t open_files_soft = 0;
    std::uint64_t open_files_hard = 0;

    // The machine.
    std::uint64_t memory_total_kib = 0;
    std::uint64_t memory_available_kib = 0;
    unsigned processors = 0;
    std::string tun_mode;  ///< of /dev/net/tun, "0600 root"; empty: there is none
    CgroupLayout cgroups = CgroupLayout::none;
    bool cgroups_writable = false;  ///< this user may make groups below its own
    bool systemd = false;           ///< it manages services here

    // Further user ids (subuid(5)).
    std::string newuidmap;      ///< path; empty: not installed
    std::uint64_t subuids = 0;  ///< how many this user may map
    std::uint64_t subuid_first = 0;
    Trial mapping;  ///< of the first of them, not done without

    std::vector<RuntimeFact> runtimes;
    std::string runtime_folder;  ///< in which labs are found
    Trial runtime_folder_usable;
};

/// Looks and tries. Takes some tenths of a second.
MachineFacts collect_facts();

}  // namespace flatlan::lab
