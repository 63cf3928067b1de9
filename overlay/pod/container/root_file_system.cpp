#include "overlay/pod/container/root_file_system.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "overlay/linux/mount_info.hpp"
#include "overlay/pod/container/mounts.hpp"
#include "overlay/pod/container/process.hpp"

namespace flatlan::pod {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kEmpty{"dev", "proc",  "sys",  "run",        "tmp",
                                                  "mnt", "media", "boot", "lost+found", "srv"};

/// In these a container's root user makes files, whoever owns the host's (in a user namespace that
/// is nobody, and only a folder that the upper layer has too may be written to).
constexpr std::array<std::string_view, 9> kWritten{"/etc",           "/var/log",   "/var/lib",
                                                   "/var/cache",     "/var/tmp",   "/var/spool",
                                                   "/usr/local/bin", "/usr/share", "/var/www"};

/// Whether a file system is mounted below the folder: its overlay would be refused where mounts are
/// locked.
bool has_mounts_below(const std::string& folder) {
    std::ifstream mounts{"/proc/self/mountinfo"};  // proc(5): the fifth word is the place
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words{line};
        std::string word;
        for (int i = 0; i < 5; ++i)
            words >> word;
        if (unescape_mount_path(word).starts_with(folder + "/")) return true;
    }
    return false;
}

/// A path as a value of overlayfs's options, which are separated by commas and layers by colons.
std::string option_path(const std::string& path) {
    std::string escaped;
    for (const char each : path) {
        if (each == '\\' || each == ',' || each == ':') escaped += '\\';
        escaped += each;
    }
    return escaped;
}

bool is_folder(const std::string& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

}  // namespace

HostRoot HostRoot::survey(bool user_namespace) {
    HostRoot root;
    root.user_namespace_ = user_namespace;
    std::error_code failed;
    for (const fs::directory_entry& each : fs::directory_iterator{"/", failed}) {
        const std::string name = each.path().filename().string();
        if (each.is_symlink(failed))
            root.entries_.push_back(
                {name, Kind::link, fs::read_symlink(each.path(), failed).string()});
        else if (!each.is_directory(failed))
            continue;  // a kernel's image, or a swap file
        else if (std::find(kEmpty.begin(), kEmpty.end(), name) != kEmpty.end())
            root.entries_.push_back({name, Kind::empty});
        else
            root.entries_.push_back({name, user_namespace && has_mounts_below("/" + name)
                                               ? Kind::bind
                                               : Kind::overlay});
    }
    return root;
}

Result<std::vector<OciMount>> HostRoot::prepare(const std::string& folder,
                                                const std::vector<std::string>& written) const {
    std::vector<OciMount> mounts;
    FLATLAN_TRY_VOID(make_folders(folder + "/rootfs"));
    for (const Entry& entry : entries_) {
        const std::string inside = folder + "/rootfs/" + entry.name;
        std::error_code failed;
        if (entry.kind == Kind::link) {
            fs::create_symlink(entry.target, inside, failed);
        } else {
            fs::create_directory(inside, failed);
            if (entry.name == "tmp") chmod(inside.c_str(), 01777);
        }
        if (failed) return Error::from_errno(failed.value(), "make " + inside);
        if (entry.kind == Kind::bind) {
            const std::string bound = folder + "/bound/" + entry.name;
            FLATLAN_TRY_VOID(bind_host_path("/" + entry.name, bound, false));
            mounts.push_back({"/" + entry.name, "none", bound, {"rbind"}});
        }
        if (entry.kind != Kind::overlay) continue;
        const std::string upper = folder + "/upper/" + entry.name;
        const std::string work = folder + "/work/" + entry.name;
        FLATLAN_TRY_VOID(make_folders(upper));
        FLATLAN_TRY_VOID(make_folders(work));
        std::vector<std::string> options{"lowerdir=/" + option_path(entry.name),
                                         "upperdir=" + option_path(upper),
                                         "workdir=" + option_path(work)};
        // An ordinary user may set no attributes of the `trusted` kind (overlayfs, "userxattr").
        if (user_namespace_) options.emplace_back("userxattr");
        mounts.push_back({"/" + entry.name, "overlay", "overlay", std::move(options)});
    }
    const auto make = [&](const std::string& path) -> Result<void> {
        if (path.empty()) return success();  // the root itself
        const auto end = std::min(path.find('/', 1), path.size());
        const std::string top = path.substr(1, end - 1);
        const bool overlaid = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& each) {
            return each.kind == Kind::overlay && each.name == top;
        });
        return make_folders(folder + (overlaid ? "/upper" : "/rootfs") + path);
    };
    for (const std::string_view path : kWritten)
        if (is_folder(std::string{path}) && resolved(std::string{path}) == path)
            FLATLAN_TRY_VOID(make(std::string{path}));
    for (const std::string& path : written)
        FLATLAN_TRY_VOID(make(path));
    return mounts;
}

std::string HostRoot::resolved(const std::string& path) {
    std::error_code failed;
    const fs::path whole = fs::weakly_canonical(path, failed);
    std::string text = failed ? path : whole.string();
    while (text.size() > 1 && text.back() == '/')
        text.pop_back();
    return text;
}

Result<void> bind_sys(const std::string& folder, OciContainer& container) {
    container.sys = folder + "/sys";
    return bind_host_path("/sys", container.sys, false);
}

Result<void> mount_folder_root(const std::string& lower, const std::string& folder) {
    for (const char* part : {"/rootfs", "/upper", "/work"})
        FLATLAN_TRY_VOID(make_folders(folder + part));
    const std::string options = "lowerdir=" + option_path(lower) +
                                ",upperdir=" + option_path(folder + "/upper") +
                                ",workdir=" + option_path(folder + "/work");
    const std::string root = folder + "/rootfs";
    // With `userxattr` where the attributes of the `trusted` kind are not ours to set.
    for (const char* more : {"", ",userxattr"})
        if (mount("overlay", root.c_str(), "overlay", 0, (options + more).c_str()) == 0)
            return success();
    return Error::from_errno(errno, "mount " + lower + " as a root");
}

}  // namespace flatlan::pod
