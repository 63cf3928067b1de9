#include "overlay/lab/ipam_report.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace flatlan::lab {

IpamReport report_of(const ipam::ClusterSurvey& survey) {
    IpamReport report{.prefixes = survey.prefixes, .registry_asked = survey.registry.has_value()};
    std::map<std::pair<IpPrefix, std::string>, IpamReport::Block> blocks;
    for (const ipam::NodeSurvey& node : survey.nodes) {
        const std::string& name = node.node.name.text();
        for (const ipam::HeldBlock& held : node.pool.blocks)
            blocks.emplace(
                std::pair{held.block, name},
                IpamReport::Block{held.block, name, held.serving ? "serving" : "held", held.usage});
        const std::vector<ipam::Lease> unused = ipam::leaked_leases(node);
        for (const ipam::Lease& lease : node.pool.leases)
            report.leases.push_back(
                {name, lease, std::find(unused.begin(), unused.end(), lease) != unused.end()});
    }
    if (survey.registry)
        for (const ipam::BlockClaim& claim : survey.registry->claims)
            blocks.emplace(std::pair{claim.block, claim.owner.name.text()},
                           IpamReport::Block{claim.block, claim.owner.name.text(), "claimed", {}});
    for (auto& [key, block] : blocks)
        report.blocks.push_back(std::move(block));
    std::sort(report.leases.begin(), report.leases.end(), [](const auto& a, const auto& b) {
        return std::tie(a.node, a.lease) < std::tie(b.node, b.lease);
    });
    report.findings = ipam::audit(survey);
    return report;
}

}  // namespace flatlan::lab
