#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overlay/pod/container/container_process.hpp"
#include "overlay/pod/container/image_store.hpp"
#include "overlay/pod/container/pause_process.hpp"
#include "overlay/pod/container/pod_launch.hpp"
#include "overlay/pod/container/root_file_system.hpp"
#include "overlay/pod/container/volumes.hpp"

namespace flatlan::pod {

/// What a pod's containers are made with; belongs to the engine.
struct RunnerContext {
    ContainerContext& containers;
    const ContainerPlaces& places;
    const HostRoot& host_root;
    const std::vector<HostsEntry>& hosts;
    const ImageStore& images;
};

/// What the containers of one pod share besides its sandbox: volumes, /dev/shm, the files of /etc,
/// and where it is wanted a PID namespace. Describes containers that are made with it.
class PodFiles {
public:
    /// Refers to `launch`, which must outlive it.
    PodFiles(const RunnerContext& context, const PodLaunch& launch)
        : context_{context}, launch_{launch} {}
    PodFiles(const PodFiles&) = delete;
    PodFiles& operator=(const PodFiles&) = delete;
    ~PodFiles();

    /// Makes what is not there yet. To be tried again with the next start when it fails, as it does
    /// while a file of the host is missing.
    Result<void> prepare();
    /// Tells all containers, those that run too, the names of the lab's pods.
    void write_hosts();

    /// A container without a root, as its runtime will know it.
    OciContainer describe(const ContainerSpec& spec, const std::string& id) const;
    /// Makes its root on a file system of its own, FOLDER/disk, and adds root and mounts. What the
    /// runtime writes beside it is no matter of how full that is.
    Result<void> make_root(const ContainerSpec& spec, const std::string& folder,
                           OciContainer& container) const;

    /// What tells the container to end: SIGTERM, where its image names no other.
    int stop_signal(const ContainerSpec& spec) const;

    /// "NAMESPACE_NAME".
    std::string id() const;
    std::string folder() const;

private:
    Result<std::vector<OciMount>> root_mounts(const ContainerSpec& spec, const std::string& folder,
                                              const std::vector<OciMount>& volumes) const;
    std::vector<OciMount> shared_mounts() const;
    std::map<std::string, std::string> fields() const;
    const std::string& host_name() const;

    RunnerContext context_;
    const PodLaunch& launch_;
    std::optional<PodVolumes> volumes_{};
    std::optional<PauseProcess> pause_{};
};

}  // namespace flatlan::pod
