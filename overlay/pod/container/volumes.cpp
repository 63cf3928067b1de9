#include "overlay/pod/container/volumes.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "overlay/pod/container/mounts.hpp"
#include "overlay/pod/container/process.hpp"
#include "overlay/pod/container/root_file_system.hpp"

namespace flatlan::pod {
namespace {

Result<void> make(const std::string& path, const EmptyDir& volume) {
    FLATLAN_TRY_VOID(mount_tmpfs(path, volume.size_limit_bytes.value_or(kEmptyDirSizeBytes)));
    chmod(path.c_str(), 0777);  // as in Kubernetes: a container may run as anyone
    return success();
}

Result<void> make(const std::string& path, const HostPath& volume) {
    return bind_host_path(volume.path, path, volume.writable);
}

Result<void> make(const std::string& path, const ConfigMapFiles& volume) {
    FLATLAN_TRY_VOID(make_folders(path));
    for (const auto& [name, text] : volume.files) {
        const std::string file = path + "/" + name;
        FLATLAN_TRY_VOID(make_folders(file.substr(0, file.rfind('/'))));
        FLATLAN_TRY_VOID(write_whole_file(file, text));
    }
    return success();
}

/// Makes the folders of a sub path that are missing. One that a container has replaced by a
/// symbolic link is refused: it could lead anywhere on the host.
Result<std::string> sub_folder(const std::string& volume, const std::string& sub_path) {
    std::string path = volume;
    std::istringstream parts{sub_path};
    for (std::string part; std::getline(parts, part, '/');) {
        if (part.empty() || part == ".") continue;
        path += "/" + part;
        struct stat found {};
        if (part != ".." && lstat(path.c_str(), &found) == 0 && !S_ISLNK(found.st_mode)) continue;
        if (part == ".." || errno != ENOENT)
            return Error{ErrorCode::forbidden, "subPath " + sub_path + " leaves its volume"};
        if (mkdir(path.c_str(), 0777) != 0) return Error::from_errno(errno, "make " + path);
    }
    return path;
}

}  // namespace

Result<PodVolumes> PodVolumes::create(const std::string& folder,
                                      const std::vector<Volume>& volumes) {
    PodVolumes made{folder};
    for (const Volume& volume : volumes) {
        made.names_.push_back(volume.name);
        if (std::holds_alternative<ConfigMapFiles>(volume.source))
            made.read_only_.push_back(volume.name);
        const std::string path = folder + "/" + volume.name;
        auto ready =
            std::visit([&](const auto& source) { return make(path, source); }, volume.source);
        if (!ready) return std::move(ready).error().within("volume '" + volume.name + "'");
    }
    return made;
}

PodVolumes::~PodVolumes() {
    for (const std::string& name : names_)
        remove_mounted_folder(folder_ + "/" + name);
}

Result<std::vector<OciMount>> PodVolumes::mounts_of(const ContainerSpec& container,
                                                    bool host_root) const {
    std::vector<OciMount> mounts;
    for (const VolumeMount& mount : container.mounts) {
        auto source = sub_folder(folder_ + "/" + mount.volume, mount.sub_path);
        if (!source) return std::move(source).error().within("volume '" + mount.volume + "'");
        const bool read_only = mount.read_only || std::find(read_only_.begin(), read_only_.end(),
                                                            mount.volume) != read_only_.end();
        mounts.push_back({host_root ? HostRoot::resolved(mount.path) : mount.path,
                          "none",
                          std::move(source).value(),
                          {"rbind", "rprivate", read_only ? "ro" : "rw"}});
    }
    std::stable_sort(mounts.begin(), mounts.end(), [](const OciMount& a, const OciMount& b) {
        return a.destination.size() < b.destination.size();
    });
    return mounts;
}

}  // namespace flatlan::pod
