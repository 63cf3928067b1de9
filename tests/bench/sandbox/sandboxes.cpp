// What the networks of pods cost, dual stack and ready for packets, without a lab around them: time
// to make, kernel memory, time to give up, and how much quicker links go as a group. Prints one
// line a figure: name, value, unit.
//
// usage: bench_sandboxes NODES PODS THREADS     needs root, or a user namespace in which it is root
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "overlay/linux/parallel.hpp"
#include "overlay/linux/rlimit.hpp"
#include "overlay/pod/sandbox/node_network.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"

namespace flatlan::pod {
namespace {

using Clock = std::chrono::steady_clock;

constexpr LinkGroup kPods{1};
constexpr std::size_t kRemovedOneByOne = 50;  // enough for a mean: each takes milliseconds

struct Node {
    Namespace network;
    NodeNetwork wanted;
    std::vector<SandboxSpec> specs;
    std::vector<Sandbox> sandboxes;
};

void print(std::string_view name, Clock::duration took) {
    std::cout << name << ' ' << std::chrono::duration<double, std::milli>(took).count() << " ms\n";
}

/// What the kernel holds for itself, in KiB: slab caches and per-processor memory. Page cache and
/// programs' memory are left out, so that others on the machine disturb little.
double kernel_memory_kib() {
    std::ifstream file{"/proc/meminfo"};
    double sum = 0;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string name;
        double kib = 0;
        if (words >> name >> kib; name == "Slab:" || name == "Percpu:") sum += kib;
    }
    return sum;
}

Result<Node> make_node(std::size_t number, std::size_t pods) {
    const IpPrefix cluster4 = IpPrefix::containing(Ipv4Address{0x0a00'0000}, 8);
    const IpPrefix cluster6 = IpPrefix::containing(Ipv6Address::from_halves(0xfdULL << 56U, 0), 56);
    NodeNetwork wanted{.overlay = {},
                       .cluster_prefixes = {cluster4, cluster6},
                       .blocks = {cluster4.subprefix(22, number), cluster6.subprefix(118, number)}};
    FLATLAN_TRY(network, Namespace::create_network());
    std::vector<SandboxSpec> specs;
    for (const IpPrefix& block : wanted.blocks)
        wanted.overlay.set(block.at(0));
    for (std::size_t i = 0; i < pods; ++i) {
        const std::string name = std::to_string(number) + "-" + std::to_string(i);
        SandboxSpec spec{
            .name = name, .node_end = InterfaceName{"p" + std::to_string(i)}, .addresses = {}};
        for (const IpPrefix& block : wanted.blocks)
            spec.addresses.set(block.at(i + 1));
        specs.push_back(std::move(spec));
    }
    FLATLAN_TRY_VOID(prepare_node(network, wanted));
    return Node{std::move(network), std::move(wanted), std::move(specs), {}};
}

Result<void> fill(Node& node) {
    FLATLAN_TRY(made, create_sandboxes({.network = node.network,
                                        .overlay = node.wanted.overlay,
                                        .cluster_prefixes = node.wanted.cluster_prefixes,
                                        .mtu = LinkMtu{1450},
                                        .group = kPods},
                                       node.specs));
    node.sandboxes = std::move(made);
    return success();
}

Result<void> compare_removals(const Node& node) {
    if (node.specs.size() <= kRemovedOneByOne) return success();
    auto start = Clock::now();
    for (std::size_t i = 0; i < kRemovedOneByOne; ++i)
        FLATLAN_TRY_VOID(remove_sandbox_links(node.network, std::span{&node.specs[i].node_end, 1}));
    print("remove_one_link", (Clock::now() - start) / kRemovedOneByOne);
    start = Clock::now();
    FLATLAN_TRY_VOID(remove_all_sandbox_links(node.network, kPods));
    print("remove_" + std::to_string(node.specs.size() - kRemovedOneByOne) + "_links_as_a_group",
          Clock::now() - start);
    return success();
}

Result<void> measure(std::size_t count, std::size_t pods, std::size_t threads) {
    FLATLAN_TRY_VOID(raise_open_files_limit());
    const double memory_before = kernel_memory_kib();
    auto start = Clock::now();
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < count; ++i) {
        FLATLAN_TRY(node, make_node(i, pods / count));
        nodes.push_back(std::move(node));
    }
    print("make_nodes", Clock::now() - start);

    start = Clock::now();
    FLATLAN_TRY_VOID(
        for_each_on_threads(threads, count, [&](std::size_t i) { return fill(nodes[i]); }));
    print("make_pods", Clock::now() - start);
    std::cout << "kernel_memory_per_pod "
              << (kernel_memory_kib() - memory_before) / static_cast<double>(pods) << " KiB\n";

    FLATLAN_TRY_VOID(compare_removals(nodes.back()));
    start = Clock::now();
    nodes.clear();
    print("give_up", Clock::now() - start);
    return success();
}

std::size_t number(const char* text) {
    std::size_t value = 0;
    const char* const end = text + std::strlen(text);
    return std::from_chars(text, end, value).ptr == end ? value : 0;
}

}  // namespace
}  // namespace flatlan::pod

int main(int argc, char** argv) {
    using flatlan::pod::number;
    const std::size_t nodes = argc == 4 ? number(argv[1]) : 0;
    const std::size_t pods = argc == 4 ? number(argv[2]) : 0;
    const std::size_t threads = argc == 4 ? number(argv[3]) : 0;
    if (nodes == 0 || pods < nodes || pods / nodes > 1000 || threads == 0) {
        std::cerr << "usage: bench_sandboxes NODES PODS THREADS (at most 1,000 pods a node)\n";
        return 2;
    }
    if (const auto measured = flatlan::pod::measure(nodes, pods, threads); !measured) {
        std::cerr << "bench_sandboxes: " << measured.error().to_string() << '\n';
        return measured.error().code() == flatlan::ErrorCode::forbidden ? 3 : 1;
    }
    return 0;
}
