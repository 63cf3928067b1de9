#include "overlay/pod/container/pod_files.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "overlay/pod/container/hosts_file.hpp"
#include "overlay/pod/container/image_words.hpp"
#include "overlay/pod/container/mounts.hpp"
#include "overlay/pod/lifecycle/environment.hpp"

namespace flatlan::pod {
namespace {

/// What a container may write outside of its volumes, where no limit is given: it is memory.
constexpr std::uint64_t kDiskSizeBytes = 128U << 20U;
constexpr std::uint64_t kShmSizeBytes = 64U << 20U;  // what container engines give

constexpr std::string_view kResolverConfiguration =
    "# The names of the lab's pods stand in /etc/hosts; there is no name server.\n"
    "options timeout:1 attempts:1\n";

std::string descriptor_path(int fd) {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd);
}

/// The sandbox is named after its pod.
Result<void> set_host_name(int uts, const std::string& name) {
    const UniqueFd origin{open("/proc/thread-self/ns/uts", O_RDONLY | O_CLOEXEC)};
    if (!origin || setns(uts, CLONE_NEWUTS) != 0)
        return Error::from_errno(errno, "enter the pod's UTS namespace");
    const int failed = sethostname(name.data(), name.size()) == 0 ? 0 : errno;
    if (setns(origin.get(), CLONE_NEWUTS) != 0)
        return Error::from_errno(errno, "leave the pod's UTS namespace");
    if (failed != 0) return Error::from_errno(failed, "name the pod");
    return success();
}

}  // namespace

PodFiles::~PodFiles() {
    volumes_.reset();
    remove_mounted_folder(folder() + "/shm");
    remove_mounted_folder(folder());
}

std::string PodFiles::id() const {
    return launch_.name.pod_namespace() + "_" + launch_.name.name();
}

std::string PodFiles::folder() const { return context_.places.folder + "/pods/" + id(); }

const std::string& PodFiles::host_name() const {
    const std::string& wanted = launch_.contents.hostname;
    return wanted.empty() ? launch_.name.name() : wanted;
}

Result<void> PodFiles::prepare() {
    if (volumes_) return success();
    remove_mounted_folder(folder() + "/shm");
    FLATLAN_TRY_VOID(mount_tmpfs(folder() + "/shm", kShmSizeBytes));
    const PodTemplate& pod = launch_.contents;
    if (!pod.hostname.empty()) FLATLAN_TRY_VOID(set_host_name(launch_.sandbox.uts, pod.hostname));
    FLATLAN_TRY_VOID(write_whole_file(folder() + "/hostname", host_name() + "\n"));
    FLATLAN_TRY_VOID(write_whole_file(folder() + "/resolv.conf", kResolverConfiguration));
    FLATLAN_TRY_VOID(write_whole_file(folder() + "/hosts", hosts_file(launch_, context_.hosts)));
    if (pod.share_process_namespace) {
        FLATLAN_TRY(pause, PauseProcess::start());
        pause_ = std::move(pause);
    }
    FLATLAN_TRY(volumes, PodVolumes::create(folder() + "/volumes", pod.volumes));
    volumes_.emplace(std::move(volumes));
    return success();
}

void PodFiles::write_hosts() {
    if (!volumes_) return;
    // In place: containers have this very file mounted.
    static_cast<void>(write_whole_file(folder() + "/hosts", hosts_file(launch_, context_.hosts)));
}

Result<void> PodFiles::make_root(const ContainerSpec& spec, const std::string& folder,
                                 OciContainer& container) const {
    const std::string disk = folder + std::string{kDiskFolder};
    FLATLAN_TRY_VOID(mount_tmpfs(disk, spec.limits.disk_bytes.value_or(kDiskSizeBytes)));
    if (context_.containers.bind_sys) FLATLAN_TRY_VOID(bind_sys(disk, container));
    FLATLAN_TRY(volumes, volumes_->mounts_of(spec, spec.has_host_root(), disk + "/volumes"));
    FLATLAN_TRY(mounts, root_mounts(spec, disk, volumes));
    for (const auto& part : {shared_mounts(), volumes})
        mounts.insert(mounts.end(), part.begin(), part.end());
    container.root = disk + "/rootfs";
    container.mounts = std::move(mounts);
    return success();
}

Result<std::vector<OciMount>> PodFiles::root_mounts(const ContainerSpec& spec,
                                                    const std::string& folder,
                                                    const std::vector<OciMount>& volumes) const {
    if (spec.image.starts_with(kFolderImage)) {
        FLATLAN_TRY_VOID(mount_folder_root(spec.image.substr(kFolderImage.size()), folder));
        return std::vector<OciMount>{};
    }
    if (const UnpackedImage* image = context_.images.find(spec.image)) {
        FLATLAN_TRY_VOID(mount_folder_root(image->root, folder));
        return std::vector<OciMount>{};
    }
    std::vector<std::string> written;
    for (const OciMount& volume : volumes) {
        // Over a single file a file is mounted, which the runtime makes.
        const std::string& path = volume.destination;
        std::error_code unknown;  // then the runtime says why
        written.push_back(std::filesystem::is_directory(volume.source, unknown)
                              ? path
                              : path.substr(0, path.rfind('/')));
    }
    if (!spec.working_dir.empty()) written.push_back(HostRoot::resolved(spec.working_dir));
    return context_.host_root.prepare(folder, written);
}

std::vector<OciMount> PodFiles::shared_mounts() const {
    const auto bound = [&](const char* place, const char* source) {
        return OciMount{place, "none", folder() + source, {"bind", "rprivate"}};
    };
    return {bound("/dev/shm", "/shm"), bound("/etc/hosts", "/hosts"),
            bound("/etc/hostname", "/hostname"), bound("/etc/resolv.conf", "/resolv.conf")};
}

std::map<std::string, std::string> PodFiles::fields() const {
    const auto first = [](const IpAddresses& addresses) {
        if (addresses.ipv4) return to_string(*addresses.ipv4);
        return addresses.ipv6 ? to_string(*addresses.ipv6) : std::string{};
    };
    std::string all = first(launch_.addresses);
    if (launch_.addresses.ipv4 && launch_.addresses.ipv6)
        all += "," + to_string(*launch_.addresses.ipv6);
    return {{"metadata.name", launch_.name.name()},
            {"metadata.namespace", launch_.name.pod_namespace()},
            {"spec.nodeName", launch_.node},
            {"status.hostIP", first(launch_.host_addresses)},
            {"status.podIP", first(launch_.addresses)},
            {"status.podIPs", all}};
}

int PodFiles::stop_signal(const ContainerSpec& spec) const {
    const UnpackedImage* image = context_.images.find(spec.image);
    return image == nullptr ? SIGTERM
                            : signal_from_text(image->config.stop_signal).value_or(SIGTERM);
}

OciContainer PodFiles::describe(const ContainerSpec& spec, const std::string& id) const {
    const UnpackedImage* image = context_.images.find(spec.image);
    std::map<std::string, std::string> defaults{
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        {"HOME", "/root"},
        {"HOSTNAME", host_name()}};
    ContainerSpec whole = spec;
    if (image != nullptr) {
        add_variables(image->config.environment, defaults);
        whole = with_image_words(spec, image->config);
    }
    const ProcessWords words = process_words(whole, defaults, fields());
    OciContainer oci{.root = {},
                     .mounts = {},
                     .arguments = words.arguments,
                     .environment = words.environment,
                     .working_dir = whole.working_dir.empty() ? "/" : whole.working_dir,
                     .namespaces = {.network = descriptor_path(launch_.sandbox.network),
                                    .uts = descriptor_path(launch_.sandbox.uts),
                                    .ipc = descriptor_path(launch_.sandbox.ipc),
                                    .pid = pause_ ? pause_->namespace_path() : ""},
                     .limits = spec.limits,
                     .single_user = context_.places.single_user};
    if (image != nullptr && !context_.places.single_user) {
        oci.uid = image->user.uid;
        oci.gid = image->user.gid;
    }
    if (context_.containers.runtime.with_cgroups) oci.cgroup = context_.places.cgroup + "/" + id;
    return oci;
}

}  // namespace flatlan::pod
