#pragma once

#include <string>
#include <vector>

#include "overlay/pod/container/oci_config.hpp"
#include "overlay/pod/lifecycle/pod_template.hpp"

namespace flatlan::pod {

/// How much an emptyDir without a sizeLimit may hold: it is memory.
inline constexpr std::uint64_t kEmptyDirSizeBytes = 128U << 20U;

/// The volumes of one pod, each at FOLDER/NAME in this process's mount namespace.
class PodVolumes {
public:
    /// Makes them. Error with the volume's name when a file of the host is not there.
    static Result<PodVolumes> create(const std::string& folder, const std::vector<Volume>& volumes);

    PodVolumes(PodVolumes&& other) noexcept = default;
    PodVolumes& operator=(PodVolumes&& other) noexcept = default;
    /// With all that is in them.
    ~PodVolumes();

    /// A container's mounts, the outer ones first. Their sources are mounted in `folder`, so that
    /// nothing that a container does to a volume changes what the runtime finds. `host_root`: the
    /// container's root is the host's, whose symbolic links are on the way. Error when a sub path
    /// leads out of its volume.
    Result<std::vector<OciMount>> mounts_of(const ContainerSpec& container, bool host_root,
                                            const std::string& folder) const;

private:
    explicit PodVolumes(std::string folder) : folder_{std::move(folder)} {}

    std::string folder_;
    std::vector<std::string> names_;
    std::vector<std::string> read_only_;
};

}  // namespace flatlan::pod
