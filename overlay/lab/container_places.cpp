#include "overlay/lab/container_places.hpp"

#include <sys/stat.h>

#include <fstream>

#include "overlay/linux/single_user.hpp"
#include "overlay/pod/container/cgroups.hpp"

namespace flatlan::lab {
namespace {

/// The first user namespace maps every id (user_namespaces(7)).
bool is_in_own_user_namespace() {
    std::ifstream map{"/proc/self/uid_map"};
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    map >> inside >> outside >> count;
    return count != 0xffff'ffffULL;
}

}  // namespace

pod::ContainerPlaces container_places(const RuntimeDirectory& runtime, const LabName& lab) {
    pod::ContainerPlaces places{.folder = runtime.containers_folder(lab),
                                .logs_folder = runtime.logs_folder(lab),
                                .cgroup = {},
                                .cgroup_note = runtime.cgroup_note(lab),
                                .user_namespace = is_in_own_user_namespace()};
    if (const auto single = has_single_user()) places.single_user = single.value();
    struct stat space {};
    if (!places.user_namespace && stat("/proc/self/ns/pid", &space) == 0)
        places.cgroup =
            std::string{pod::kCgroupRoot} + lab.text() + "-" + std::to_string(space.st_ino);
    return places;
}

}  // namespace flatlan::lab
