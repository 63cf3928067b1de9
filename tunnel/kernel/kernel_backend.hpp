#pragma once

#include <cstdint>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "tunnel/backend.hpp"
#include "tunnel/kernel/difference.hpp"
#include "tunnel/kernel/kernel_device.hpp"

namespace flatlan::tunnel {

/// Carries packets through the kernel's VXLAN device `flat0`. It reads what the namespace has,
/// compares, and changes what differs, so it adopts the tunnel of an earlier process as it is.
class KernelBackend final : public Backend {
public:
    /// Works on the namespace whatever the caller does afterwards. Needs CAP_NET_ADMIN over it.
    static Result<KernelBackend> open(const Namespace& network);

    BackendKind kind() const override { return BackendKind::kernel; }
    InterfaceName device() const override { return VxlanDevice{}.name; }
    Result<TunnelChange> apply(const TunnelWanted& wanted) override;
    Result<void> remove() override;

private:
    KernelBackend(Namespace network, Netlink netlink)
        : network_{std::move(network)}, netlink_{std::move(netlink)} {}

    Result<IfIndex> make_device(DeviceStep step, const std::optional<FoundDevice>& found,
                                const VxlanDevice& want);
    Result<KernelTables> read_have(DeviceStep step, IfIndex device, const KernelTables& want);

    Namespace network_;
    Netlink netlink_;
};

}  // namespace flatlan::tunnel
