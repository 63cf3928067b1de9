#include "overlay/pod/container/mounts.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "overlay/pod/container/process.hpp"
#include "overlay/pod/container/root_file_system.hpp"
#include "overlay/pod/container/volumes.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/own_processes.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::pod {
namespace {

using support::must;

/// What a container of a pod with the volume "v" finds: the test mounts it as a runtime does.
class ContainerMounts : public support::NetworkTest {
protected:
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    /// A folder of the host with a file system of its own on the folder INNER.
    std::string host_folder() {
        must(mount_tmpfs(path("host"), 1U << 20U));
        must(mount_tmpfs(path("host/inner"), 1U << 20U));
        return path("host");
    }
    PodVolumes volume(HostPath source) {
        return must(PodVolumes::create(path("volumes"), {{.name = "v", .source = source}}));
    }
    PodVolumes empty_volume() {
        return must(PodVolumes::create(path("volumes"), {{.name = "v", .source = EmptyDir{}}}));
    }
    Result<std::vector<OciMount>> mounts(const PodVolumes& volumes, const std::string& sub_path,
                                         bool read_only = false) {
        return volumes.mounts_of(
            {.name = "c",
             .mounts =
                 {{.volume = "v", .path = "/mnt", .sub_path = sub_path, .read_only = read_only}}},
            false, path("disk"));
    }
    /// Its place. As runc does: the first mount takes flags that concern the top alone.
    std::string shown(const OciMount& mount) {
        const std::string place = path("shown");
        must(make_folders(place));
        EXPECT_EQ(::mount(mount.source.c_str(), place.c_str(), nullptr, MS_BIND | MS_REC, nullptr),
                  0);
        for (const std::string& option : mount.options)
            if (option == "ro")
                ::mount(nullptr, place.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr);
        return place;
    }

    const support::TemporaryFolder folder_;
};

/// 0, or why a file cannot be made there.
int errno_of_touch(const std::string& file) {
    const UniqueFd made{open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    return made ? 0 : errno;
}

TEST_F(ContainerMounts, ReadOnlyIsAlsoWhatIsMountedBelowAVolume) {
    support::run_alone([&] {
        const auto volumes = volume({.path = host_folder(), .writable = true});
        const std::string place = shown(must(mounts(volumes, "", true)).at(0));
        EXPECT_EQ(errno_of_touch(place + "/file"), EROFS);
        EXPECT_EQ(errno_of_touch(place + "/inner/file"), EROFS);
    });
}

TEST_F(ContainerMounts, AWritableVolumeIsWritableAlsoBelow) {
    support::run_alone([&] {
        const auto volumes = volume({.path = host_folder(), .writable = true});
        const std::string place = shown(must(mounts(volumes, "")).at(0));
        EXPECT_EQ(errno_of_touch(place + "/file"), 0);
        EXPECT_EQ(errno_of_touch(place + "/inner/file"), 0);
    });
}

TEST_F(ContainerMounts, ReadOnlyIsAlsoWhatIsMountedBelowTheHostsFolders) {
    support::run_alone([&] {
        must(mount_tmpfs("/var/tmp", 1U << 20U));
        const HostRoot root = HostRoot::survey(true);
        must(mount_tmpfs(path("disk"), 4U << 20U));
        bool found = false;
        for (const OciMount& mount : must(root.prepare(path("disk"), {}))) {
            if (mount.destination != "/var") continue;
            found = true;
            EXPECT_EQ(errno_of_touch(shown(mount) + "/tmp/file"), EROFS);
        }
        EXPECT_TRUE(found);
    });
}

TEST_F(ContainerMounts, ASysThatIsTheMachinesIsReadOnlyToItsLastMount) {
    support::run_alone([&] {
        must(mount_tmpfs("/sys/kernel", 1U << 20U));
        OciContainer container;
        must(bind_sys(path("disk"), container));
        EXPECT_EQ(errno_of_touch(container.sys + "/kernel/file"), EROFS);
    });
}

TEST_F(ContainerMounts, ARootMayBeAFolderWhoseNameHasSigns) {
    support::run_alone([&] {
        must(mount_tmpfs(path("disk"), 4U << 20U));
        for (const char* name : {"a:b", "c,d", "e\\f"}) {
            must(make_folders(path(name)));
            must(write_whole_file(path(name) + "/file", name));
            const std::string disk = path("disk") + "/" + name;
            must(mount_folder_root(path(name), disk));
            EXPECT_EQ(read_whole_file(disk + "/rootfs/file"), name);
        }
    });
}

TEST_F(ContainerMounts, ASubPathThatAContainerSwapsForALinkStaysInItsVolume) {
    support::run_alone([&] {
        const auto volumes = empty_volume();
        const OciMount mount = must(mounts(volumes, "a/b")).at(0);
        must(write_whole_file(path("volumes/v/a/b/mark"), "ours"));
        std::filesystem::rename(path("volumes/v/a/b"), path("volumes/v/away"));
        std::filesystem::create_symlink("/", path("volumes/v/a/b"));
        const std::string place = shown(mount);
        EXPECT_EQ(read_whole_file(place + "/mark"), "ours");
        EXPECT_FALSE(std::filesystem::exists(place + "/proc"));
    });
}

TEST_F(ContainerMounts, ASubPathWithALinkOrDotsIsRefused) {
    support::run_alone([&] {
        const auto volumes = empty_volume();
        std::filesystem::create_symlink("/", path("volumes/v/link"));
        must(write_whole_file(path("volumes/v/file"), "text"));
        for (const char* sub_path : {"link", "link/etc", "..", "a/../.."}) {
            const auto refused = mounts(volumes, sub_path);
            ASSERT_FALSE(refused) << sub_path;
            EXPECT_EQ(refused.error().to_string(),
                      std::string{"volume 'v': subPath "} + sub_path + " leaves its volume");
        }
        EXPECT_EQ(read_whole_file(must(mounts(volumes, "file")).at(0).source), "text");
    });
}

}  // namespace
}  // namespace flatlan::pod
