#include "overlay/linux/offload.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan {
namespace {

struct Offload {
    std::uint32_t get;
    std::string_view name;
};
constexpr std::array kOffloads{
    Offload{ETHTOOL_GRXCSUM, "rx-checksumming"},
    Offload{ETHTOOL_GTXCSUM, "tx-checksumming"},
    Offload{ETHTOOL_GTSO, "tcp-segmentation-offload"},
    Offload{ETHTOOL_GGSO, "generic-segmentation-offload"},
    Offload{ETHTOOL_GGRO, "generic-receive-offload"},
};

/// Any socket of the namespace will do to ask about its interfaces (netdevice(7)).
Result<UniqueFd> open_socket(const Namespace& network) {
    return run_in(network, []() -> Result<UniqueFd> {
        UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        if (!socket) return Error::from_errno(errno, "open a socket");
        return socket;
    });
}

Result<std::uint32_t> ask(const UniqueFd& socket, const InterfaceName& interface,
                          std::uint32_t command, std::uint32_t value) {
    ethtool_value question{.cmd = command, .data = value};
    ifreq request{};
    std::memcpy(request.ifr_name, interface.text().c_str(), interface.text().size());
    request.ifr_data = reinterpret_cast<char*>(&question);
    if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0)
        return Error::from_errno(errno, "offloads of '" + interface.text() + "'");
    return question.data;
}

}  // namespace

Result<std::vector<std::string>> offloads_in_use(const Namespace& network,
                                                 const InterfaceName& interface) {
    FLATLAN_TRY(socket, open_socket(network));
    std::vector<std::string> on;
    for (const Offload& offload : kOffloads) {
        FLATLAN_TRY(value, ask(socket, interface, offload.get, 0));
        if (value != 0) on.emplace_back(offload.name);
    }
    return on;
}

Result<void> switch_checksum_offload(const Namespace& network, const InterfaceName& interface,
                                     ChecksumOffload which, bool on) {
    FLATLAN_TRY(socket, open_socket(network));
    const std::uint32_t command =
        which == ChecksumOffload::receive ? ETHTOOL_SRXCSUM : ETHTOOL_STXCSUM;
    if (auto set = ask(socket, interface, command, on ? 1 : 0); !set) return std::move(set).error();
    return success();
}

Result<void> switch_checksum_offload(const Namespace& network, const InterfaceName& interface,
                                     bool on) {
    for (const ChecksumOffload which : {ChecksumOffload::receive, ChecksumOffload::transmit})
        FLATLAN_TRY_VOID(switch_checksum_offload(network, interface, which, on));
    return success();
}

}  // namespace flatlan
