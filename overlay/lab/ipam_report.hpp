#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipam/audit.hpp"

namespace flatlan::lab {

/// Which address is whose, for people and scripts: of a lab, a node, or one database of leases.
struct IpamReport {
    /// A block and what is known of it.
    struct Block {
        IpPrefix block;
        std::string node;   ///< its owner
        std::string state;  ///< "serving"; "held": the node has it and the claim is not confirmed;
                            ///< "claimed": the registry alone knows it
        ipam::PoolUsage usage{};
    };
    /// A lease and the node that gave it.
    struct HeldLease {
        std::string node;
        ipam::Lease lease;
        bool unused = false;  ///< nobody keeps its holder, and no namespace has its addresses
    };

    std::string lab{};       ///< empty for a node and for a database
    std::string node{};      ///< whose daemon tells it; empty for a lab and a mere database
    std::string database{};  ///< empty for a lab
    std::vector<IpPrefix> prefixes{};
    bool registry_asked = false;
    std::string registry_error{};     ///< why it could not be asked, where it should have been
    bool namespaces_seen = true;      ///< else nothing is known of who uses what
    std::vector<Block> blocks{};      ///< IPv4 first, then by address
    std::vector<HeldLease> leases{};  ///< by node, then by key
    std::vector<ipam::Finding> findings{};
};

/// What a look at a cluster comes to, the audit included.
IpamReport report_of(const ipam::ClusterSurvey& survey);

// The answer of GET /v1/ipam (tools/cli/schema/ipam-show.json). Reading fails with code corrupt
// when the text is not what to_json makes.
std::string to_json(const IpamReport& report);
Result<IpamReport> ipam_report_from_json(std::string_view text);

// What POST /v1/ipam/release is asked and answers: {"leases": [...]}, as they are in the report.
std::string to_json(const std::vector<IpamReport::HeldLease>& leases);
Result<std::vector<IpamReport::HeldLease>> leases_from_json(std::string_view text);

}  // namespace flatlan::lab
