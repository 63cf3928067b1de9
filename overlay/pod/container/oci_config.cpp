#include "overlay/pod/container/oci_config.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::pod {
namespace {

using Json = nlohmann::json;

/// What container engines leave to root in a container by default.
constexpr const char* kCapabilities[] = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
    "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
    "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    "CAP_KILL",    "CAP_AUDIT_WRITE"};

constexpr const char* kMaskedPaths[] = {
    "/proc/asound",        "/proc/acpi",       "/proc/kcore",       "/proc/keys",
    "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
    "/proc/scsi",          "/sys/firmware"};

constexpr const char* kReadonlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                          "/proc/sysrq-trigger"};

/// As in overlay/linux/single_user.hpp: these succeed and do nothing.
constexpr const char* kIdentityCalls[] = {"setuid",    "setgid",    "setreuid",  "setregid",
                                          "setresuid", "setresgid", "setgroups", "fchown",
                                          "fchownat",  "chown",     "lchown"};

constexpr std::uint64_t kCpuPeriodMicroseconds = 100'000;

Json json_of(const OciMount& mount) {
    return {{"destination", mount.destination},
            {"type", mount.type},
            {"source", mount.source},
            {"options", mount.options}};
}

Json mounts_of(const OciContainer& container) {
    Json mounts = Json::array();
    const auto add = [&](const OciMount& mount) { mounts.push_back(json_of(mount)); };
    add({"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}});
    add({"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=64k"}});
    add({"/dev/pts",
         "devpts",
         "devpts",
         {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}});
    add({"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}});
    if (container.sys.empty())
        add({"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}});
    else
        add({"/sys", "none", container.sys, {"rbind", "rprivate", "noexec"}});
    for (const OciMount& mount : container.mounts)
        add(mount);
    return mounts;
}

Json namespaces_of(const JoinedNamespaces& joined) {
    Json namespaces = Json::array({{{"type", "mount"}}});
    const auto add = [&](const char* type, const std::string& path) {
        Json entry{{"type", type}};
        if (!path.empty()) entry["path"] = path;
        namespaces.push_back(std::move(entry));
    };
    add("network", joined.network);
    add("uts", joined.uts);
    add("ipc", joined.ipc);
    add("pid", joined.pid);
    return namespaces;
}

Json process_of(const OciContainer& container) {
    Json capabilities;
    for (const char* set : {"bounding", "effective", "permitted"})
        capabilities[set] = kCapabilities;
    Json process{{"terminal", false},
                 {"user", {{"uid", container.uid}, {"gid", container.gid}}},
                 {"args", container.arguments},
                 {"env", container.environment},
                 {"cwd", container.working_dir},
                 {"capabilities", std::move(capabilities)},
                 {"noNewPrivileges", false}};
    if (container.cgroup.empty())
        process["rlimits"] =
            Json::array({{{"type", "RLIMIT_NPROC"}, {"hard", kLabPidsMax}, {"soft", kLabPidsMax}}});
    return process;
}

Json resources_of(const ResourceLimits& limits) {
    // What a runtime adds to it are the devices that it makes in /dev.
    Json resources{{"pids", {{"limit", kContainerPidsMax}}},
                   {"devices", Json::array({{{"allow", false}, {"access", "rwm"}}})}};
    if (limits.memory_bytes) resources["memory"] = {{"limit", *limits.memory_bytes}};
    if (limits.cpu_millis)
        resources["cpu"] = {{"period", kCpuPeriodMicroseconds},
                            {"quota", *limits.cpu_millis * kCpuPeriodMicroseconds / 1000}};
    return resources;
}

/// "Success" instead of a change of user (SCMP_ACT_ERRNO with 0).
Json identity_filter() {
    return {{"defaultAction", "SCMP_ACT_ALLOW"},
            {"syscalls",
             Json::array(
                 {{{"names", kIdentityCalls}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", 0}}})}};
}

}  // namespace

std::string oci_config(const OciContainer& container) {
    Json linux_part{{"namespaces", namespaces_of(container.namespaces)},
                    {"maskedPaths", kMaskedPaths},
                    {"readonlyPaths", kReadonlyPaths}};
    if (!container.cgroup.empty()) {
        linux_part["cgroupsPath"] = container.cgroup;
        linux_part["resources"] = resources_of(container.limits);
    }
    if (container.single_user) linux_part["seccomp"] = identity_filter();
    const Json config{{"ociVersion", "1.0.2"},
                      {"process", process_of(container)},
                      {"root", {{"path", container.root}, {"readonly", false}}},
                      {"mounts", mounts_of(container)},
                      {"linux", std::move(linux_part)}};
    // Whatever a manifest holds was UTF-8 when it was read, so this cannot fail.
    return config.dump();
}

}  // namespace flatlan::pod
