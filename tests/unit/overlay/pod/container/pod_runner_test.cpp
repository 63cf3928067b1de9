#include "overlay/pod/container/pod_runner.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "tests/support/temporary_folder.hpp"

namespace flatlan::pod {
namespace {

TEST(PodRunners, AreGoneWhenTheirLaunchWouldBegin) {
    const support::TemporaryFolder folder;
    const auto loop = EventLoop::create().value();
    LaunchSlots slots;
    ContainerContext context{.loop = *loop, .slots = slots};
    const ContainerPlaces places{.folder = (folder.path() / "run").string(),
                                 .logs_folder = (folder.path() / "logs").string(),
                                 .cgroup = {}};
    const HostRoot host_root;
    const std::vector<HostsEntry> hosts;
    const ImageStore images{(folder.path() / "images").string(), Owners::ourselves};
    std::array<char, LaunchSlots::kAtOnce> others{};
    for (const char& other : others)
        slots.submit(&other, [] {});
    slots.drive();

    const auto name = PodName::from_text("default/p").value();
    std::optional<PodRunner> pod{std::in_place, monotonic_now(),
                                 RunnerContext{context, places, host_root, hosts, images},
                                 PodLaunch{.name = name,
                                           .contents = {.containers = {{.name = "c"}}},
                                           .node = "n1",
                                           .addresses = {},
                                           .host_addresses = {},
                                           .sandbox = {}}};
    pod->drive();
    EXPECT_FALSE(pod->is_over());
    pod.reset();
    for (const char& other : others)
        slots.release(&other);
    slots.drive();  // calls nobody
}

}  // namespace
}  // namespace flatlan::pod
