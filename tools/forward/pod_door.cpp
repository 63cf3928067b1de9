#include "tools/forward/pod_door.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "overlay/lab/api_client.hpp"
#include "overlay/lab/api_values.hpp"
#include "overlay/lab/exec.hpp"
#include "overlay/linux/address.hpp"

namespace flatlan::forward {
namespace {

/// All connections wait for the supervisor's answer, which takes a fraction of a millisecond.
constexpr std::chrono::milliseconds kPatience{2000};
constexpr Ipv4Address kLoopback4{0x7f00'0001};

bool is_loopback(const IpAddress& address) {
    return address.is_ipv4() ? address.ipv4().is_loopback() : address.ipv6().is_loopback();
}

bool is_link_local(const IpAddress& address) {
    return address.is_ipv4() ? address.ipv4().is_link_local() : address.ipv6().is_link_local();
}

/// All where something may listen, in the order in which they are tried.
Result<std::vector<IpAddress>> addresses_of(const Namespace& network) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(there, list_addresses(netlink));
    std::vector<IpAddress> addresses;
    for (const InterfaceAddress& each : there)
        if (each.address != kLoopback4 && !is_link_local(each.address))
            addresses.push_back(each.address);
    std::ranges::stable_partition(addresses, is_loopback);
    addresses.insert(addresses.begin(), kLoopback4);
    return addresses;
}

Result<UniqueFd> open_socket(const Namespace& network, IpFamily family) {
    return run_in(network, [&]() -> Result<UniqueFd> {
        UniqueFd socket{::socket(family == IpFamily::ipv4 ? AF_INET : AF_INET6,
                                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        if (!socket) return Error::from_errno(errno, "open a socket in the pod");
        return socket;
    });
}

}  // namespace

Result<std::optional<Way>> PodDoor::find_way(Port port, std::size_t number) const {
    FLATLAN_TRY(network, open_network());
    IpAddress to = kLoopback4;
    if (number > 0) {
        FLATLAN_TRY(addresses, addresses_of(network));
        if (number >= addresses.size()) return std::optional<Way>{};
        to = addresses[number];
    }
    FLATLAN_TRY(socket, open_socket(network, to.family()));
    return std::optional{Way{std::move(socket), Endpoint{to, port}}};
}

Result<Namespace> PodDoor::open_network() const {
    auto answer = lab::ask(lab_.socket, {"GET", lab::ExecTarget::of(pod_).path, ""}, kPatience);
    if (!answer && answer.error().code() == ErrorCode::unavailable)
        return Error{ErrorCode::unavailable, "lab " + lab_.name.text() + " does not run any more"};
    if (!answer) return std::move(answer).error();
    FLATLAN_TRY(descriptors, lab::sandbox_descriptors_from_json(answer.value().body));
    const int supervisor = answer.value().supervisor;
    auto network = Namespace::open("/proc/" + std::to_string(supervisor) + "/fd/" +
                                   std::to_string(descriptors.network));
    if (network) return std::move(network).value();
    // The new one has another user namespace, and there is no way back out of the old one.
    if (supervisor != lab_.pid)
        return Error{ErrorCode::forbidden,
                     "lab " + lab_.name.text() + " has been started anew meanwhile"}
            .expecting("'flatlan forward' to be started again");
    return std::move(network).error();
}

}  // namespace flatlan::forward
