#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overlay/pod/container/oci_config.hpp"

namespace flatlan::pod {

/// The host's file system as the lower layer of containers' roots: what stands in `/`.
///
/// Each folder of it is an overlay of its own, because one over `/` itself is refused inside a user
/// namespace (its mounts are locked). What is no matter of programs and their files is an empty
/// folder: /dev, /proc, /sys, which a container has of its own, and /run, /tmp, /mnt, /media,
/// /boot.
class HostRoot {
public:
    /// Looks at the host. `user_namespace`: this is an ordinary user's lab.
    static HostRoot survey(bool user_namespace);

    /// Makes a root in `folder`, which is on a file system of its own in memory: what a container
    /// writes stays there. `written` are the folders in which it must be able to make files;
    /// they are made where they are missing. Returns the mounts that the runtime adds to the root,
    /// FOLDER/rootfs.
    Result<std::vector<OciMount>> prepare(const std::string& folder,
                                          const std::vector<std::string>& written) const;

    /// The path as the container sees it, without the symbolic links of the host on its way.
    static std::string resolved(const std::string& path);

private:
    enum class Kind : std::uint8_t { overlay, bind, link, empty };
    struct Entry {
        std::string name;
        Kind kind;
        std::string target{};  ///< of a link
    };

    std::vector<Entry> entries_;
    bool user_namespace_ = false;
};

/// Has a container see the machine's /sys, read-only, where it must not have its own; it is mounted
/// at FOLDER/sys.
Result<void> bind_sys(const std::string& folder, OciContainer& container);

/// The root of a folder that holds one: an overlay over it, at FOLDER/rootfs.
Result<void> mount_folder_root(const std::string& lower, const std::string& folder);

}  // namespace flatlan::pod
