// One node's end of a tunnel, for the benchmark: makes it in a network namespace of somebody
// else's, says "ready" and what it uses, and carries packets until standard input ends.
//
// usage: tunnel_end NETNS kernel|checked|uncounted|direct|direct-uncounted|tun|veth NODE MTU
//        `checked` is the kernel's with the sender check, `uncounted` without counts by peer; MTU
//        is the underlay's.
//
// The cluster has two nodes, 0 and 1, as tests/support/sample_cluster.hpp has them.

#include <charconv>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <thread>

#include "tests/support/sample_cluster.hpp"
#include "tunnel/direct/direct_backend.hpp"
#include "tunnel/kernel/kernel_backend.hpp"
#include "tunnel/user/user_backend.hpp"

namespace flatlan::tunnel {
namespace {

constexpr int kWrongUse = 2;

UserDevice device_named(std::string_view text) {
    if (text == "tun") return UserDevice::tun;
    return text == "veth" ? UserDevice::veth : UserDevice::best;
}

unsigned number(const char* text) {
    unsigned value = 0;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
}

Result<void> serve(const char* path, std::string_view kind, unsigned node, unsigned mtu) {
    FLATLAN_TRY(underlay_mtu, UnderlayMtu::from(mtu));
    const bool direct = kind.starts_with("direct");
    SampleCluster cluster =
        sample_cluster({.nodes = 2, .ipv6 = !direct, .underlay_mtu = underlay_mtu});
    if (kind == "checked") cluster.settings.sender_check = SenderCheck::on;
    if (kind.ends_with("uncounted")) cluster.settings.peer_counts = PeerCounts::off;
    FLATLAN_TRY(network, Namespace::open(path));
    std::unique_ptr<Backend> backend;
    if (direct) {
        FLATLAN_TRY(opened, DirectBackend::open(network));
        backend = std::make_unique<DirectBackend>(std::move(opened));
    } else if (kind == "kernel" || kind == "checked" || kind == "uncounted") {
        FLATLAN_TRY(opened, KernelBackend::open(network));
        backend = std::make_unique<KernelBackend>(std::move(opened));
    } else {
        FLATLAN_TRY(opened,
                    UserBackend::open(network,
                                      {.device = device_named(kind),
                                       .queues = queues_for(std::thread::hardware_concurrency())}));
        backend = std::make_unique<UserBackend>(std::move(opened));
    }
    FLATLAN_TRY(change, backend->apply(cluster.wanted_for(node)));
    std::cout << "ready " << change.added << std::endl;
    std::string line;
    while (std::getline(std::cin, line))
        continue;
    if (const auto* const user = dynamic_cast<UserBackend*>(backend.get())) {
        const Counters counted = user->counters();
        std::cout << "sent " << counted.sent_packets << " received " << counted.received_packets
                  << " dropped "
                  << counted.packets() - counted.sent_packets - counted.received_packets -
                         counted.answered
                  << std::endl;
    }
    return backend->remove();
}

}  // namespace
}  // namespace flatlan::tunnel

int main(int count, char** arguments) {
    constexpr int kArguments = 5;
    if (count != kArguments) {
        std::cerr
            << "usage: tunnel_end NETNS kernel|checked|uncounted|direct|direct-uncounted|tun|veth "
               "NODE MTU\n";
        return flatlan::tunnel::kWrongUse;
    }
    const auto served =
        flatlan::tunnel::serve(arguments[1], arguments[2], flatlan::tunnel::number(arguments[3]),
                               flatlan::tunnel::number(arguments[4]));
    if (served) return 0;
    std::cerr << "tunnel_end: " << served.error().to_string() << '\n';
    return 1;
}
