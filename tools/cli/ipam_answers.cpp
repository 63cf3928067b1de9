// The JSON of tools/cli/ipam_text.hpp.
#include <nlohmann/json.hpp>

#include "tools/cli/ipam_text.hpp"

namespace flatlan::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Bytes that are no UTF-8, as of a file's name, become U+FFFD.
std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const ipam::Lease& lease) {
    Json addresses = Json::array();
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = lease.addresses.find(family))
            addresses.push_back(to_string(*address));
    return {{"key", lease.key.text()}, {"addresses", std::move(addresses)}};
}

Json json_of(const std::vector<ipam::Lease>& leases) {
    Json list = Json::array();
    for (const ipam::Lease& lease : leases)
        list.push_back(json_of(lease));
    return list;
}

Json json_of(const std::vector<lab::IpamReport::HeldLease>& leases) {
    Json list = Json::array();
    for (const lab::IpamReport::HeldLease& held : leases) {
        Json json = json_of(held.lease);
        json["node"] = held.node;
        list.push_back(std::move(json));
    }
    return list;
}

}  // namespace

std::string check_json(const lab::IpamReport& report) {
    Json findings = Json::array();
    for (const ipam::Finding& finding : report.findings)
        findings.push_back({{"kind", to_string(finding.kind)},
                            {"subject", finding.subject},
                            {"node", finding.node},
                            {"evidence", finding.evidence},
                            {"mend", finding.mend}});
    return text_of({{"lab", report.lab},
                    {"node", report.node},
                    {"database", report.database},
                    {"registry_asked", report.registry_asked},
                    {"registry_error", report.registry_error},
                    {"blocks", report.blocks.size()},
                    {"leases", report.leases.size()},
                    {"findings", std::move(findings)}});
}

std::string collection_json(const Collection& collection) {
    return text_of({{"dry_run", collection.dry_run},
                    {"leaks", json_of(collection.leaks)},
                    {"released", json_of(collection.released)}});
}

std::string rebuild_json(const std::string& database, const ipam::RebuildReport& report) {
    Json blocks = Json::array();
    for (const IpPrefix& block : report.blocks)
        blocks.push_back(to_string(block));
    return text_of({{"database", database},
                    {"kept_aside", report.kept_aside.string()},
                    {"blocks", std::move(blocks)},
                    {"kept", json_of(report.kept)},
                    {"adopted", json_of(report.adopted)},
                    {"released", json_of(report.released)},
                    {"outside", json_of(report.outside)}});
}

std::string confirmed_json(const daemon::NodeStatus& before) {
    return text_of({{"cluster", before.cluster},
                    {"was_paused", before.claims_paused},
                    {"without", before.awaited}});
}

}  // namespace flatlan::cli
