#pragma once

#include <span>
#include <vector>

#include "ipam/lease.hpp"
#include "ipam/live_namespaces.hpp"
#include "overlay/base/ip_prefix.hpp"

namespace flatlan::ipam {

/// What has to change for a node's leases to agree with the namespaces that are really there.
struct Reconciliation {
    /// Of pods of an earlier boot whose addresses are in no namespace: nobody can have them.
    std::vector<Lease> release;
    /// Addresses that somebody has and no lease holds: to be leased, so that nobody is given them
    /// a second time. By key.
    std::vector<Lease> adopt;

    bool empty() const { return release.empty() && adopt.empty(); }
};

/// Compares. `blocks` are those that serve; what lies outside is none of the node's business. A
/// lease of this boot is never released here, since its namespace may still be on its way: that
/// takes two observations (leak_watch.hpp). Leases of nodes stay.
///
/// Who has an address is read from its interface where that says so, and is called
/// "unknown/ns-INODE/INTERFACE" otherwise.
Reconciliation reconcile(std::span<const Lease> leases, std::span<const IpPrefix> blocks,
                         std::span<const LiveAddress> live, const BootId& boot);

/// What live namespaces have of a block that is about to serve: its addresses may be on pods when
/// the node lost the block and got it back. A lease of a key that `leases` has takes that one's
/// place: its pod, of the same namespace, has an address of the other family left.
std::vector<Lease> adoptions_in(const IpPrefix& block, std::span<const Lease> leases,
                                std::span<const LiveAddress> live, const BootId& boot);

}  // namespace flatlan::ipam
