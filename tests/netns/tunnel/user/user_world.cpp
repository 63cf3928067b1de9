#include "tests/netns/tunnel/user/user_world.hpp"

#include <fcntl.h>

#include "overlay/linux/address.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/veth.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/running_link.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;

constexpr std::uint32_t kLocalTable = 255;  // RT_TABLE_LOCAL

const InterfaceName& cable() {
    static const InterfaceName name{"eth0"};
    return name;
}

MacAddress underlay_mac(std::size_t node) { return MacAddress::local_from(0x100 + node); }

std::unique_ptr<Backend> make_backend(const Namespace& network, EndKind kind, UserOptions options) {
    if (kind == EndKind::kernel)
        return std::make_unique<KernelBackend>(must(KernelBackend::open(network)));
    options.device = kind == EndKind::tun ? UserDevice::tun : UserDevice::veth;
    return std::make_unique<UserBackend>(must(UserBackend::open(network, options)));
}

/// Whether the namespace delivers to itself what goes to the address.
bool is_local(const Namespace& network, const IpAddress& address) {
    auto netlink = must(Netlink::open_in(network));
    for (const flatlan::Route& route : must(list_routes(netlink, {.table = kLocalTable})))
        if (route.destination == IpPrefix::host(address)) return true;
    return false;
}

}  // namespace

std::string to_string(EndKind kind) {
    switch (kind) {
        case EndKind::tun:
            return "tun";
        case EndKind::veth:
            return "veth";
        case EndKind::kernel:
            break;
    }
    return "kernel";
}

UserWorld::UserWorld(const SampleShape& shape, EndKind first, EndKind second,
                     const UserOptions& options)
    : cluster{sample_cluster(shape)} {
    networks_.push_back(must(Namespace::create_network()));
    networks_.push_back(must(Namespace::create_network()));
    connect();
    backends_.push_back(make_backend(networks_[0], first, options));
    backends_.push_back(make_backend(networks_[1], second, options));
}

void UserWorld::connect() {
    auto netlink = must(Netlink::open_in(networks_[0]));
    must(create_veth(netlink,
                     {.near = {.name = cable(), .mac = underlay_mac(0)},
                      .far = {.name = cable(), .mac = underlay_mac(1), .network = &networks_[1]},
                      .mtu = cluster.settings.underlay_mtu}));
    for (std::size_t i = 0; i < 2; ++i) {
        auto own = must(Netlink::open_in(networks_[i]));
        must(set_loopback_up(own));
        must(set_link(own, cable(), {.up = true, .no_link_local = true}));
    }
    for (std::size_t i = 0; i < 2; ++i) {
        auto own = must(Netlink::open_in(networks_[i]));
        const IfIndex device = must(get_link(own, cable())).index;
        const IpAddress endpoint = cluster.nodes[i].endpoint;
        must(create_address(own, {.address = endpoint,
                                  .length_bits = endpoint.is_ipv4() ? 12U : 64U,
                                  .device = device,
                                  .prefix_route = true}));
        must(create_neighbour(own, {.address = cluster.nodes[1 - i].endpoint,
                                    .device = device,
                                    .mac = underlay_mac(1 - i)}));
        support::wait_until_running(networks_[i], cable());
    }
}

void UserWorld::apply_all() {
    for (std::size_t i = 0; i < 2; ++i) {
        must(apply(i));
        support::wait_until_running(networks_[i], backend(i).device());
    }
    for (std::size_t i = 0; i < 2; ++i)
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            const auto own = cluster.nodes[i].overlay.find(family);
            if (!own) continue;
            ASSERT_TRUE(support::eventually([&] { return is_local(networks_[i], *own); }));
        }
}

void expect_working(UserWorld& world) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        support::UdpSocket one{world.network(0), world.overlay(0, family)};
        support::UdpSocket other{world.network(1), world.overlay(1, family)};
        EXPECT_EQ(exchange(one, other), "") << to_string(family);
    }
}

bool may_open_tun() {
    const UniqueFd fd{::open("/dev/net/tun", O_RDWR | O_CLOEXEC)};
    return static_cast<bool>(fd);
}

}  // namespace flatlan::tunnel
