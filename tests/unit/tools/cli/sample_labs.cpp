#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {

lab::LabStatus lab_of(const std::string& name, std::size_t nodes, std::size_t pods,
                      bool dual_stack) {
    lab::LabStatus status{.lab = LabName::from(name).value(), .state = lab::Phase::running};
    const IpPrefix cluster4 = IpPrefix::from_text("10.244.0.0/16").value();
    const IpPrefix cluster6 = IpPrefix::from_text("fd00:10:244::/56").value();
    std::vector<std::uint64_t> given(nodes, 0);
    const auto next = [&](std::size_t node) {
        IpAddresses addresses;
        addresses.set(cluster4.subprefix(24, node).at(given[node]));
        if (dual_stack) addresses.set(cluster6.subprefix(120, node).at(given[node]));
        ++given[node];
        return addresses;
    };
    for (std::size_t i = 0; i < nodes; ++i) {
        lab::NodeStatus node{.name = NodeName::from("n" + std::to_string(i + 1)).value(),
                             .state = lab::Phase::running};
        node.underlay.set(IpPrefix::from_text("172.31.0.0/16").value().at(i + 1));
        node.overlay = next(i);
        node.blocks = {cluster4.subprefix(24, i)};
        if (dual_stack) node.blocks.push_back(cluster6.subprefix(120, i));
        status.nodes.push_back(std::move(node));
    }
    for (std::size_t i = 0; i < pods; ++i) {
        const std::size_t node = i % nodes;
        status.pods.push_back({.name = PodName::from_text("pod-" + std::to_string(i + 1)).value(),
                               .node = status.nodes[node].name,
                               .state = lab::Phase::running,
                               .ips = next(node)});
    }
    return status;
}

lab::LabStatus lab_with_containers() {
    lab::LabStatus status = lab_of("web", 1, 2);
    status.pods[0].containers = {{.name = "server", .state = "Running", .ready = true},
                                 {.name = "refresh",
                                  .state = "Waiting",
                                  .restarts = 3,
                                  .reason = "CrashLoopBackOff",
                                  .message = "ended by signal 9 (Killed)",
                                  .exit_code = 137,
                                  .last_reason = "Error"}};
    return status;
}

}  // namespace flatlan::cli
