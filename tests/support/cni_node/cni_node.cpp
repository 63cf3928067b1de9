/// Makes the network namespace in which it runs a node of a cluster, as the daemon would: for tests
/// of the CNI plugin, which works without a daemon.
///
/// usage: cni_node FOLDER INDEX NODES BLOCKS [PLUGIN]
///
/// FOLDER gets node.json and leases.sqlite. The node is number INDEX of NODES; it owns BLOCKS
/// blocks of each family. With more than one node the namespace needs the endpoint's address
/// (172.16.0.1 + INDEX), and gets a VXLAN tunnel to the others. The file PLUGIN is cached in large
/// pages, and how much of it is so is said.

#include <charconv>
#include <filesystem>
#include <iostream>
#include <string_view>

#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/linux/boot.hpp"
#include "overlay/linux/page_cache.hpp"
#include "overlay/node/published/node_file.hpp"
#include "overlay/pod/sandbox/node_network.hpp"
#include "tests/support/sample_cluster.hpp"
#include "tunnel/kernel/kernel_backend.hpp"

namespace flatlan {
namespace {

struct Wanted {
    std::filesystem::path folder;
    std::size_t index = 0;
    std::size_t nodes = 1;
    std::size_t blocks = 1;
};

tunnel::SampleCluster cluster_of(const Wanted& wanted) {
    tunnel::SampleCluster cluster{.settings = {}, .nodes = {}};
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        cluster.settings.cluster_prefixes.push_back(tunnel::sample_prefix(family));
    for (std::size_t node = 0; node < wanted.nodes; ++node) {
        cluster.nodes.push_back(tunnel::sample_node({.nodes = wanted.nodes}, node));
        auto& blocks = cluster.nodes.back().blocks;
        blocks.clear();
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            for (std::size_t block = 0; block < wanted.blocks; ++block)
                blocks.push_back(tunnel::sample_block(family, node * wanted.blocks + block));
        cluster.nodes.back().overlay = {.ipv4 = blocks.front().address().ipv4(),
                                        .ipv6 = blocks.back().address().ipv6()};
        if (wanted.blocks > 1)
            cluster.nodes.back().overlay.ipv6 = blocks[wanted.blocks].address().ipv6();
    }
    return cluster;
}

Result<void> fill_leases(const std::filesystem::path& file, const tunnel::TunnelNode& self,
                         const BootId& boot) {
    FLATLAN_TRY(leases,
                ipam::SqliteLeaseStore::open({.file = file, .boot = boot, .clock = boot_time_now}));
    for (const IpPrefix& block : self.blocks) {
        FLATLAN_TRY_VOID(leases->hold_block(block));
        FLATLAN_TRY_VOID(leases->serve_block(block));
    }
    auto own = leases->allocate(ipam::LeaseKey::of_node(self.name),
                                {.wanted = self.overlay, .origin = {.boot = boot, .netns = {}}});
    if (!own && own.error().code() != ErrorCode::already_exists) return std::move(own).error();
    return success();
}

Result<void> make_node(const Wanted& wanted) {
    const tunnel::SampleCluster cluster = cluster_of(wanted);
    const tunnel::TunnelNode& self = cluster.nodes[wanted.index];
    FLATLAN_TRY(boot, read_boot_id());
    const std::filesystem::path lease_file = wanted.folder / "leases.sqlite";
    FLATLAN_TRY_VOID(fill_leases(lease_file, self, boot));
    FLATLAN_TRY(network, Namespace::current_network());
    FLATLAN_TRY(changes,
                pod::prepare_node(network, {.overlay = self.overlay,
                                            .cluster_prefixes = cluster.settings.cluster_prefixes,
                                            .blocks = self.blocks}));
    static_cast<void>(changes);
    if (wanted.nodes > 1) {
        FLATLAN_TRY(backend, tunnel::KernelBackend::open(network));
        FLATLAN_TRY(applied, backend.apply(cluster.wanted_for(wanted.index)));
        static_cast<void>(applied);
    }
    FLATLAN_TRY(mtu, tunnel::overlay_mtu(tunnel::BackendKind::kernel, UnderlayMtu{1500},
                                         IpFamily::ipv4, true));
    return node::write_node_file(wanted.folder / "node.json",
                                 {.name = self.name,
                                  .overlay = self.overlay,
                                  .cluster_prefixes = cluster.settings.cluster_prefixes,
                                  .mtu = mtu,
                                  .lease_file = lease_file,
                                  .confirmed = {boot, boot_time_now()}});
}

bool read_number(std::string_view text, std::size_t& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size();
}

}  // namespace
}  // namespace flatlan

int main(int argc, char** argv) {
    flatlan::Wanted wanted;
    constexpr int kArguments = 5;
    if (argc < kArguments || argc > kArguments + 1 ||
        !flatlan::read_number(argv[2], wanted.index) ||
        !flatlan::read_number(argv[3], wanted.nodes) ||
        !flatlan::read_number(argv[4], wanted.blocks) || wanted.index >= wanted.nodes) {
        std::cerr << "usage: cni_node FOLDER INDEX NODES BLOCKS [PLUGIN]\n";
        return 2;
    }
    wanted.folder = argv[1];
    if (const auto made = flatlan::make_node(wanted); !made) {
        std::cerr << "cni_node: " << made.error().to_string() << "\n";
        return 1;
    }
    if (argc == kArguments) return 0;
    const auto large = flatlan::cache_in_large_pages(argv[kArguments]);
    if (!large) {
        std::cerr << "cni_node: " << large.error().to_string() << "\n";
        return 1;
    }
    std::cout << argv[kArguments] << ": " << (large.value() >> 10U) << " KiB in large pages\n";
    return 0;
}
