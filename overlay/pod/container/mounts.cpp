#include "overlay/pod/container/mounts.hpp"

#include <fcntl.h>
#include <ftw.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "overlay/linux/unique_fd.hpp"
#include "overlay/pod/container/process.hpp"

namespace flatlan::pod {
namespace {

/// A folder for a folder, a file for anything else.
Result<void> make_mount_point(int source, const std::string& target) {
    struct stat found {};
    if (fstat(source, &found) != 0) return Error::from_errno(errno, "look at it");
    if (S_ISDIR(found.st_mode)) return make_folders(target);
    FLATLAN_TRY_VOID(make_folders(target.substr(0, target.rfind('/'))));
    return write_whole_file(target, "");
}

/// Leaves what is of another file system: FTW_MOUNT, nftw(3).
int remove_entry(const char* path, const struct stat*, int, FTW*) {
    remove(path);
    return 0;
}

}  // namespace

Result<void> mount_tmpfs(const std::string& folder, std::uint64_t size_max_bytes) {
    FLATLAN_TRY_VOID(make_folders(folder));
    const std::string options = "mode=755,size=" + std::to_string(size_max_bytes);
    if (mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
        return Error::from_errno(errno, "mount a tmpfs on " + folder);
    return success();
}

Result<void> bind_host_path(const std::string& source, const std::string& target, bool writable) {
    const UniqueFd opened{open(source.c_str(), O_PATH | O_CLOEXEC)};
    if (!opened) return Error::from_errno(errno, "look at " + source);
    if (auto bound = bind_opened(opened.get(), target, writable); !bound)
        return std::move(bound).error().within("show " + source);
    return success();
}

Result<void> bind_opened(int source, const std::string& target, bool writable) {
    FLATLAN_TRY_VOID(make_mount_point(source, target));
    const UniqueFd tree{open_tree(
        source, "",
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | static_cast<unsigned>(AT_EMPTY_PATH | AT_RECURSIVE))};
    if (!tree) return Error::from_errno(errno, "take its mounts");
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (!writable) attributes.attr_set |= MOUNT_ATTR_RDONLY;
    if (mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                      sizeof attributes) != 0)
        return Error::from_errno(errno, "make its mounts read-only");
    if (move_mount(tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return Error::from_errno(errno, "mount it on " + target);
    return success();
}

void remove_mounted_folder(const std::string& folder) {
    while (umount2(folder.c_str(), MNT_DETACH) == 0) {
    }
    // Only where nothing is mounted any more: what is below could be the host's own.
    if (errno != EINVAL) return;
    static constexpr int kOpenFoldersMax = 16;
    nftw(folder.c_str(), remove_entry, kOpenFoldersMax, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

}  // namespace flatlan::pod
