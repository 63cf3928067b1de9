#pragma once

#include <cstdint>
#include <optional>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/wait_set.hpp"
#include "tunnel/backend.hpp"
#include "tunnel/filter/tunnel_filter.hpp"
#include "tunnel/kernel/difference.hpp"
#include "tunnel/kernel/kernel_device.hpp"
#include "tunnel/kernel/tunnel_watch.hpp"

namespace flatlan::tunnel {

/// Carries packets through the kernel's VXLAN device `flat0`. It reads what the namespace has,
/// compares, and changes what differs, so it adopts the tunnel of an earlier process as it is. What
/// it has read or made once it does not read again, from `watch` on, until the kernel tells of
/// another change.
class KernelBackend final : public Backend {
public:
    /// Works on the namespace whatever the caller does afterwards. Needs CAP_NET_ADMIN over it.
    static Result<KernelBackend> open(const Namespace& network);

    BackendKind kind() const override { return BackendKind::kernel; }
    InterfaceName device() const override { return VxlanDevice{}.name; }
    Result<TunnelChange> apply(const TunnelWanted& wanted) override;
    Result<void> remove() override;
    Result<int> watch() override;
    void unwatch() override;
    Result<bool> is_untouched() override;
    /// Its checksums; other offloads corrupt nothing that these would not.
    Result<std::unique_ptr<OffloadTrial>> next_trial(const TunnelWanted& wanted) override;
    Result<void> end_trial(const OffloadTrial& trial, const OffloadVerdict& verdict) override;
    /// Of the device as a whole, which does not say why it drops; the packet filter tells peers
    /// apart.
    Result<TunnelFigures> figures(const std::optional<TunnelWanted>& peers) override;

private:
    KernelBackend(Namespace network, Netlink netlink, TunnelFilter filter)
        : network_{std::move(network)}, netlink_{std::move(netlink)}, filter_{std::move(filter)} {}

    Result<std::optional<FoundDevice>> find_device_or_known(const TunnelWanted& wanted);
    Result<std::vector<TunnelNexthop>> nexthops_of(const std::optional<FoundDevice>& found);
    Result<IfIndex> make_device(DeviceStep step, const std::optional<FoundDevice>& found,
                                const VxlanDevice& want);
    Result<TunnelChange> ensure_filter(const TunnelWanted& wanted);
    Result<void> restore_filter(const FilterRules& before, const TunnelChange& change);
    Result<KernelTables> read_have(DeviceStep step, IfIndex device, const KernelTables& want);

    Namespace network_;
    Netlink netlink_;
    TunnelWatch watch_{};
    TunnelFilter filter_;
    std::optional<WaitSet> waits_{};  ///< for what either tells, once it is listened to
    std::string uncounted_{};         ///< why peers are not counted
    std::uint64_t devices_made_ = 0;
    // Of the last of those.
    std::uint32_t trials_unanswered_ = 0;
    OffloadVerdict checksums_{};
};

}  // namespace flatlan::tunnel
