#include "overlay/pod/container/volumes.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <utility>

#include "overlay/linux/unique_fd.hpp"
#include "overlay/pod/container/mounts.hpp"
#include "overlay/pod/container/process.hpp"
#include "overlay/pod/container/root_file_system.hpp"
#include "overlay/pod/image/inside_folder.hpp"

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

Error leaves_its_volume(const std::string& sub_path) {
    return Error{ErrorCode::forbidden, "subPath " + sub_path + " leaves its volume"};
}

/// Opens what a sub path stands for, and makes the folders of it that are missing. A symbolic link
/// is refused: a container may have made it, and it could lead anywhere on the host.
Result<UniqueFd> open_sub_path(const std::string& volume, const std::string& sub_path) {
    UniqueFd at{open(volume.c_str(), O_PATH | O_CLOEXEC)};
    if (!at) return Error::from_errno(errno, "open " + volume);
    std::istringstream parts{sub_path};
    for (std::string part; std::getline(parts, part, '/');) {
        if (part.empty() || part == ".") continue;
        if (part == "..") return leaves_its_volume(sub_path);
        UniqueFd next = open_inside_without_links(at.get(), part, O_PATH);
        if (!next && errno == ENOENT) {
            if (mkdirat(at.get(), part.c_str(), 0777) != 0 && errno != EEXIST)
                return Error::from_errno(errno, "make subPath " + sub_path);
            next = open_inside_without_links(at.get(), part, O_PATH);
        }
        if (!next && errno == ELOOP) return leaves_its_volume(sub_path);
        if (!next) return Error::from_errno(errno, "open subPath " + sub_path);
        at = std::move(next);
    }
    return at;
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

Result<std::vector<OciMount>> PodVolumes::mounts_of(const ContainerSpec& container, bool host_root,
                                                    const std::string& folder) const {
    std::vector<OciMount> mounts;
    for (const VolumeMount& mount : container.mounts) {
        const bool read_only = mount.read_only || std::find(read_only_.begin(), read_only_.end(),
                                                            mount.volume) != read_only_.end();
        std::string source = folder + "/" + std::to_string(mounts.size());
        const auto bind = [&]() -> Result<void> {
            FLATLAN_TRY(opened, open_sub_path(folder_ + "/" + mount.volume, mount.sub_path));
            return bind_opened(opened.get(), source, !read_only);
        };
        if (auto bound = bind(); !bound)
            return std::move(bound).error().within("volume '" + mount.volume + "'");
        mounts.push_back({host_root ? HostRoot::resolved(mount.path) : mount.path,
                          "none",
                          std::move(source),
                          {"rbind", "rprivate"}});
    }
    std::stable_sort(mounts.begin(), mounts.end(), [](const OciMount& a, const OciMount& b) {
        return a.destination.size() < b.destination.size();
    });
    return mounts;
}

}  // namespace flatlan::pod
