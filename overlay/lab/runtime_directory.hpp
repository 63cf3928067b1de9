#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {

/// That this process may be the lab of one name: a lock that the kernel gives up when the last
/// holder of the descriptor ends, however it ends. Beside it in the lab's folder lie its socket and
/// its log.
class LabLock {
public:
    LabLock(UniqueFd lock, std::string folder)
        : lock_{std::move(lock)}, folder_{std::move(folder)} {}

    int fd() const { return lock_.get(); }
    const std::string& folder() const { return folder_; }

private:
    UniqueFd lock_;
    std::string folder_;
};

/// Where a user's running labs are found: `$XDG_RUNTIME_DIR/flatlan` where that is the user's own,
/// else `flatlan-UID` in the temporary folder, with mode 0700, one folder for each lab. All that a
/// lab leaves outside its own namespaces is here.
class RuntimeDirectory {
public:
    /// Makes the directory when it is not there. Error forbidden when it belongs to someone else or
    /// others may enter it: whoever can write there could be taken for a lab.
    static Result<RuntimeDirectory> open();

    /// Claims a name. Error already_exists while a lab of that name runs.
    Result<LabLock> claim(const LabName& lab) const;

    /// The labs whose lock is held, by name. Folders whose lock proves them dead are removed.
    Result<std::vector<LabName>> live_labs() const;

    /// Removes the folder of a lab that this process holds the lock of, or that is dead.
    Result<void> discard(const LabName& lab) const;

    std::string folder(const LabName& lab) const { return path_ + "/" + lab.text(); }
    std::string socket_path(const LabName& lab) const { return folder(lab) + "/api.sock"; }
    std::string log_path(const LabName& lab) const { return folder(lab) + "/supervisor.log"; }
    /// Where the lab's containers are made: empty outside of the lab's own mount namespace.
    std::string containers_folder(const LabName& lab) const { return folder(lab) + "/containers"; }
    std::string logs_folder(const LabName& lab) const { return folder(lab) + "/logs"; }
    /// Where a lab that root runs names its groups of processes, so that they can be removed when
    /// it is dead.
    std::string cgroup_note(const LabName& lab) const { return folder(lab) + "/cgroup"; }
    const std::string& path() const { return path_; }

private:
    explicit RuntimeDirectory(std::string path) : path_{std::move(path)} {}
    std::string path_;
};

}  // namespace flatlan::lab
