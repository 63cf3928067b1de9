#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"

/// What a pod with containers is, and what happens to its containers when: values and machines
/// without I/O. Names and defaults are Kubernetes' (API reference, core/v1, Pod); where there is
/// more to say, it is said at the declaration.
namespace flatlan::pod {

/// Whether a container that ended is started again.
enum class RestartPolicy : std::uint8_t { always, on_failure, never };

/// A variable of a container's environment: a text in which $(NAME) stands for an earlier one, or
/// what a field of the pod says once it runs ("status.podIP").
struct EnvironmentVariable {
    std::string name;
    std::string value{};
    std::string field_path{};  ///< empty: `value` holds
    friend bool operator==(const EnvironmentVariable&, const EnvironmentVariable&) = default;
};

/// Where a container sees a volume of its pod.
struct VolumeMount {
    std::string volume;
    std::string path;        ///< absolute, in the container
    std::string sub_path{};  ///< relative, in the volume; empty: all of it
    bool read_only = false;
    friend bool operator==(const VolumeMount&, const VolumeMount&) = default;
};

/// What a probe does: runs a command in the container, opens a TCP connection, or asks over HTTP.
struct ExecAction {
    std::vector<std::string> command;
    friend bool operator==(const ExecAction&, const ExecAction&) = default;
};
/// Succeeds when the connection is there.
struct TcpAction {
    Port port;
    friend bool operator==(const TcpAction&, const TcpAction&) = default;
};
/// Succeeds with a status from 200 to 399.
struct HttpAction {
    Port port;
    std::string path{"/"};
    std::string host{};  ///< the header's; empty: the pod's address
    friend bool operator==(const HttpAction&, const HttpAction&) = default;
};

/// A question put to a running container again and again.
struct Probe {
    std::variant<ExecAction, TcpAction, HttpAction> action;
    Duration initial_delay{0};
    Duration period = std::chrono::seconds{10};
    Duration timeout = std::chrono::seconds{1};
    std::uint32_t success_threshold = 1;
    std::uint32_t failure_threshold = 3;
    friend bool operator==(const Probe&, const Probe&) = default;
};

/// What a container may take of the machine; empty: the default, or no limit.
struct ResourceLimits {
    std::optional<std::uint64_t> memory_bytes{};
    std::optional<std::uint64_t> cpu_millis{};  ///< thousandths of a CPU
    std::optional<std::uint64_t> disk_bytes{};  ///< ephemeral-storage: its root file system
    friend bool operator==(const ResourceLimits&, const ResourceLimits&) = default;
};

/// An image of this form is a folder on this machine that holds a root file system: "dir:FOLDER".
inline constexpr std::string_view kFolderImage = "dir:";
/// And one of this form an OCI image layout: "oci:FOLDER" or "oci:FOLDER:TAG". Every other name of
/// an image stands for the host's file system.
inline constexpr std::string_view kLayoutImage = "oci:";

/// A container, an init container or a sidecar.
struct ContainerSpec {
    std::string name;
    std::string image{};  ///< empty, or one that is not fetched: the host's file system
    std::vector<std::string> command{};
    std::vector<std::string> args{};
    std::vector<EnvironmentVariable> environment{};
    std::string working_dir{};
    std::vector<VolumeMount> mounts{};
    std::optional<Probe> liveness{};
    std::optional<Probe> readiness{};
    std::optional<Probe> startup{};
    ResourceLimits limits{};
    bool sidecar = false;  ///< an init container with restartPolicy Always
    /// Whether its root is the host's file system.
    bool has_host_root() const {
        return !image.starts_with(kFolderImage) && !image.starts_with(kLayoutImage);
    }
    friend bool operator==(const ContainerSpec&, const ContainerSpec&) = default;
};

/// An empty folder that lives as long as the pod.
struct EmptyDir {
    std::optional<std::uint64_t> size_limit_bytes{};
    friend bool operator==(const EmptyDir&, const EmptyDir&) = default;
};
/// A file or folder of the host.
struct HostPath {
    std::string path;
    bool writable = false;  ///< only where the lab's file allows it
    friend bool operator==(const HostPath&, const HostPath&) = default;
};
/// Files with these contents, read-only.
struct ConfigMapFiles {
    std::map<std::string, std::string> files;  ///< by path in the volume
    friend bool operator==(const ConfigMapFiles&, const ConfigMapFiles&) = default;
};

/// What containers of one pod can share, by name.
struct Volume {
    std::string name;
    std::variant<EmptyDir, HostPath, ConfigMapFiles> source;
    friend bool operator==(const Volume&, const Volume&) = default;
};

/// What runs in a pod: the part of its spec that is not about the network.
struct PodTemplate {
    RestartPolicy restart_policy = RestartPolicy::always;
    std::vector<ContainerSpec> init_containers{};
    std::vector<ContainerSpec> containers{};
    std::vector<Volume> volumes{};
    std::string hostname{};  ///< empty: the pod's name
    Duration grace_period = std::chrono::seconds{30};
    bool share_process_namespace = false;
    friend bool operator==(const PodTemplate&, const PodTemplate&) = default;

    std::size_t size() const { return init_containers.size() + containers.size(); }
    /// The containers in one row, init containers first: how machines and drivers number them.
    const ContainerSpec& at(std::size_t index) const {
        return index < init_containers.size() ? init_containers[index]
                                              : containers[index - init_containers.size()];
    }
    bool is_init(std::size_t index) const { return index < init_containers.size(); }
};

}  // namespace flatlan::pod
