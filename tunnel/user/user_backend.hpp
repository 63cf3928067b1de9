#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/netlink_events.hpp"
#include "tunnel/backend.hpp"
#include "tunnel/user/pump.hpp"
#include "tunnel/user/user_news.hpp"

namespace flatlan::tunnel {

/// What stands on the pods' side.
enum class UserDevice : std::uint8_t {
    best,  ///< TUN where it may be opened, else veth
    tun,
    veth,
};

/// How a user backend works; all of it has a default.
struct UserOptions {
    UserDevice device = UserDevice::best;
    std::size_t queues = 1;  ///< threads, each with a queue of its own; at least 1
};

/// As many queues as pay on this machine: one for each two processors, since each stream keeps its
/// sender and receiver busy too; at most four.
std::size_t queues_for(std::size_t processors);

/// Carries packets itself: a device `flat0` that leads here, UDP sockets, an engine between them.
/// The tunnel lives as long as this object, and ends with it.
class UserBackend final : public Backend {
public:
    /// Works on the namespace whatever the caller does afterwards. Needs CAP_NET_ADMIN over it.
    static Result<UserBackend> open(const Namespace& network, const UserOptions& options = {});
    UserBackend(UserBackend&& other) noexcept;
    ~UserBackend() override;

    BackendKind kind() const override { return BackendKind::user; }
    InterfaceName device() const override { return InterfaceName{"flat0"}; }
    Result<TunnelChange> apply(const TunnelWanted& wanted) override;
    Result<void> remove() override;
    Result<int> watch() override { return events_.fd(); }
    Result<bool> is_untouched() override;
    Result<TunnelFigures> figures(const std::optional<TunnelWanted>& peers) override;

    /// Of all queues; zero where no tunnel is.
    Counters counters() const;
    /// Of one peer; nothing when no peer has the endpoint.
    std::optional<Counters> find_counters(const IpAddress& endpoint) const;
    /// Of the first queue: all have the same kernel. Nothing where no tunnel is.
    std::optional<Offloads> offloads() const;
    /// Whether the device is a TUN; no tunnel has none.
    bool uses_tun() const { return running_ && !running_->device.mac; }

private:
    /// The tunnel as it is: what cannot be changed without making it anew, and the queues.
    struct Running {
        MadeDevice device;
        Endpoint local;
        MacAddress mac;  ///< of the node
        std::vector<std::unique_ptr<Pump>> pumps;
    };
    struct Devices;

    UserBackend(Namespace network, Netlink netlink, NetlinkEvents events,
                const UserOptions& options)
        : network_{std::move(network)},
          netlink_{std::move(netlink)},
          events_{std::move(events)},
          options_{options} {}

    Result<Devices> make_devices(const MacAddress& mac, OverlayMtu mtu);
    Result<Running> start(const TunnelWanted& wanted, OverlayMtu mtu,
                          const EngineSettings& settings, std::span<const Peer> peers);
    /// The device, if it is still the one that was made and packets can go through it.
    Result<std::optional<Link>> find_usable_device() const;
    Result<std::size_t> mend(const Link& link);

    Namespace network_;
    mutable Netlink netlink_;
    NetlinkEvents events_;
    UserOptions options_;
    std::optional<Running> running_;
    /// Whether the last `apply` succeeded and the kernel has told of nothing since.
    bool as_wanted_ = false;
};

}  // namespace flatlan::tunnel
