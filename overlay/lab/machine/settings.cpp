#include "overlay/lab/machine/settings.hpp"

#include <linux/magic.h>
#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>

#include "overlay/lab/machine/runtime_trial.hpp"

namespace flatlan::lab {
namespace {

std::optional<std::uint64_t> number_from(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end == text.data()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> read_sysctl_number(const std::string& path) {
    std::ifstream file{"/proc/sys/" + path};
    std::string text;
    if (!std::getline(file, text)) return std::nullopt;
    return number_from(text);
}

/// A line "MemTotal:   24684416 kB" of /proc/meminfo.
std::uint64_t memory_kib(const std::string& name) {
    std::ifstream file{"/proc/meminfo"};
    std::string word;
    std::uint64_t value = 0;
    while (file >> word)
        if (word == name + ':' && file >> value) return value;
    return 0;
}

std::string user_name() {
    const passwd* entry = getpwuid(geteuid());
    return entry == nullptr ? std::to_string(geteuid()) : entry->pw_name;
}

std::string owner_and_mode(const char* path) {
    struct stat seen {};
    if (stat(path, &seen) != 0) return "";
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", seen.st_mode & 07777U);
    const passwd* owner = getpwuid(seen.st_uid);
    return std::string{mode.data()} + " " +
           (owner == nullptr ? std::to_string(seen.st_uid) : owner->pw_name);
}

CgroupLayout cgroup_layout() {
    struct statfs seen {};
    if (statfs("/sys/fs/cgroup", &seen) != 0) return CgroupLayout::none;
    if (seen.f_type == CGROUP2_SUPER_MAGIC) return CgroupLayout::v2;
    if (access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0) return CgroupLayout::hybrid;
    return access("/sys/fs/cgroup/pids", F_OK) == 0 || access("/sys/fs/cgroup/cpu", F_OK) == 0
               ? CgroupLayout::v1
               : CgroupLayout::none;
}

/// Whether this user may make groups below the one that it is in: of the one tree of v2, or of v1's
/// tree of pids (cgroups(7), /proc/self/cgroup: "ID:CONTROLLERS:PATH").
bool may_make_cgroups(CgroupLayout layout) {
    std::ifstream file{"/proc/self/cgroup"};
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == line.npos || second == line.npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::string path = line.substr(second + 1);
        if (layout == CgroupLayout::v2 && controllers.empty())
            return access(("/sys/fs/cgroup" + path).c_str(), W_OK) == 0;
        if (layout != CgroupLayout::v2 && controllers == "pids")
            return access(("/sys/fs/cgroup/pids" + path).c_str(), W_OK) == 0;
    }
    return false;
}

/// Lines "USER:FIRST:COUNT", where USER is a name or a number (subuid(5)).
void read_subuids(MachineFacts& facts) {
    std::ifstream file{"/etc/subuid"};
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == line.npos || second == line.npos) continue;
        const std::string user = line.substr(0, first);
        if (user != facts.user && user != std::to_string(geteuid())) continue;
        const auto start = number_from(line.substr(first + 1));
        const auto count = number_from(line.substr(second + 1));
        if (!start || !count) continue;
        if (facts.subuids == 0) facts.subuid_first = *start;
        facts.subuids += *count;
    }
}

void read_kernel_settings(MachineFacts& facts) {
    facts.unprivileged_userns_clone = read_sysctl_number("kernel/unprivileged_userns_clone");
    facts.apparmor_restrict_unprivileged =
        read_sysctl_number("kernel/apparmor_restrict_unprivileged_userns");
    facts.max_user_namespaces = read_sysctl_number("user/max_user_namespaces");
    facts.max_net_namespaces = read_sysctl_number("user/max_net_namespaces");
    facts.max_ipc_namespaces = read_sysctl_number("user/max_ipc_namespaces");
    facts.max_uts_namespaces = read_sysctl_number("user/max_uts_namespaces");
    facts.max_pid_namespaces = read_sysctl_number("user/max_pid_namespaces");
    facts.max_mnt_namespaces = read_sysctl_number("user/max_mnt_namespaces");
    facts.neighbours_max = read_sysctl_number("net/ipv4/neigh/default/gc_thresh3");
}

}  // namespace

void read_settings(MachineFacts& facts) {
    facts.with_rights = has_namespace_rights();
    facts.user = user_name();
    read_kernel_settings(facts);

    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        facts.open_files_soft = files.rlim_cur;
        facts.open_files_hard = files.rlim_max;
    }
    facts.memory_total_kib = memory_kib("MemTotal");
    facts.memory_available_kib = memory_kib("MemAvailable");
    cpu_set_t processors;
    if (sched_getaffinity(0, sizeof processors, &processors) == 0)
        facts.processors = static_cast<unsigned>(CPU_COUNT(&processors));

    facts.tun_mode = owner_and_mode("/dev/net/tun");
    facts.cgroups = cgroup_layout();
    facts.cgroups_writable = may_make_cgroups(facts.cgroups);
    facts.systemd = access("/run/systemd/system", F_OK) == 0;
    facts.newuidmap = find_program("newuidmap");
    read_subuids(facts);
}

}  // namespace flatlan::lab
