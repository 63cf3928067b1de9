#include "tools/daemon/plugin_file.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <filesystem>

#include "overlay/linux/page_cache.hpp"

namespace flatlan::daemon {
namespace {

/// As kubelet, containerd and podman have them (containers.conf(5), cni_plugin_dirs).
constexpr std::array kPluginFolders{"/opt/cni/bin", "/usr/local/libexec/cni", "/usr/libexec/cni",
                                    "/usr/local/lib/cni", "/usr/lib/cni"};

}  // namespace

void cache_plugin() {
    for (const std::filesystem::path folder : kPluginFolders) {
        const std::filesystem::path file = folder / "flatlan-cni";
        std::error_code missing;
        if (!std::filesystem::exists(file, missing)) continue;
        if (const auto large = cache_in_large_pages(file))
            spdlog::info("{}: {} KiB of it are in memory in large pages", file.string(),
                         large.value() >> 10U);
        else
            spdlog::info("not read into memory: {}", large.error().to_string());
    }
}

}  // namespace flatlan::daemon
