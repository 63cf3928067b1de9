#pragma once

#include "overlay/lab/underlay.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"

namespace flatlan::lab {

/// An underlay without a shared link: a network namespace that is a router with one cable to each
/// node, as where each machine has an uplink of its own. No bridge, so no limit of ports and no
/// flooding. A node's default route leads to the router.
class RoutedUnderlay final : public Underlay {
public:
    /// Makes the router.
    static Result<RoutedUnderlay> create(std::vector<IpPrefix> cidrs, UnderlayMtu mtu);

    Result<std::vector<Namespace>> attach(std::span<const PlannedNode> nodes,
                                          std::size_t first_port) override;
    const Namespace& network() const override { return router_; }
    Result<void> detach(std::size_t port) override;
    Result<void> detach_all() override;

private:
    RoutedUnderlay(Namespace router, std::vector<IpPrefix> cidrs, UnderlayMtu mtu)
        : router_{std::move(router)}, cidrs_{std::move(cidrs)}, mtu_{mtu} {}

    /// To the router a node is what a pod is to a node.
    pod::SandboxNode as_sandbox_node() const;

    Namespace router_;
    std::vector<IpPrefix> cidrs_;
    UnderlayMtu mtu_;
};

}  // namespace flatlan::lab
