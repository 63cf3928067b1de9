#include <array>

#include <nlohmann/json.hpp>

#include "overlay/lab/ipam_report.hpp"

namespace flatlan::lab {
namespace {

using Json = nlohmann::ordered_json;
using ipam::FindingKind;

/// Bytes that are no UTF-8, as of a file's name, become U+FFFD.
std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const ipam::PoolUsage& usage) {
    return {{"leased", usage.leased},
            {"free", usage.free},
            {"cooling", usage.cooling},
            {"reserved", usage.reserved},
            {"excluded", usage.excluded}};
}

Json json_of(const std::vector<IpamReport::HeldLease>& leases) {
    Json list = Json::array();
    for (const auto& [node, lease, unused] : leases) {
        Json addresses = Json::array();
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (const auto address = lease.addresses.find(family))
                addresses.push_back(to_string(*address));
        list.push_back({{"key", lease.key.text()},
                        {"node", node},
                        {"addresses", std::move(addresses)},
                        {"boot", to_string(lease.origin.boot)},
                        {"netns", lease.origin.netns.value},
                        {"unused", unused}});
    }
    return list;
}

ipam::PoolUsage usage_from(const Json& json) {
    return {.leased = json.at("leased").get<std::uint64_t>(),
            .free = json.at("free").get<std::uint64_t>(),
            .cooling = json.at("cooling").get<std::uint64_t>(),
            .reserved = json.at("reserved").get<std::uint64_t>(),
            .excluded = json.at("excluded").get<std::uint64_t>()};
}

Result<std::vector<IpamReport::HeldLease>> leases_from(const Json& json) {
    std::vector<IpamReport::HeldLease> leases;
    for (const Json& each : json) {
        FLATLAN_TRY(key, ipam::LeaseKey::from_text(each.at("key").get<std::string>()));
        FLATLAN_TRY(boot, BootId::from_text(each.at("boot").get<std::string>()));
        ipam::Lease lease{std::move(key), {}, {boot, {each.at("netns").get<std::uint64_t>()}}};
        for (const Json& text : each.at("addresses")) {
            FLATLAN_TRY(address, IpAddress::from_text(text.get<std::string>()));
            lease.addresses.set(address);
        }
        leases.push_back(
            {each.at("node").get<std::string>(), std::move(lease), each.at("unused").get<bool>()});
    }
    return leases;
}

Result<FindingKind> kind_from(const std::string& word) {
    for (unsigned i = 0; i <= static_cast<unsigned>(FindingKind::unclaimed_block); ++i)
        if (to_string(static_cast<FindingKind>(i)) == word) return static_cast<FindingKind>(i);
    return Error{ErrorCode::corrupt, "'" + word + "' is no finding"};
}

Result<IpamReport> report_from(const Json& json) {
    IpamReport report{.lab = json.at("lab").get<std::string>(),
                      .node = json.value("node", ""),
                      .database = json.at("database").get<std::string>(),
                      .registry_asked = json.at("registry_asked").get<bool>(),
                      .registry_error = json.value("registry_error", ""),
                      .namespaces_seen = json.at("namespaces_seen").get<bool>()};
    for (const Json& text : json.at("prefixes")) {
        FLATLAN_TRY(prefix, IpPrefix::from_text(text.get<std::string>()));
        report.prefixes.push_back(prefix);
    }
    for (const Json& each : json.at("blocks")) {
        FLATLAN_TRY(block, IpPrefix::from_text(each.at("block").get<std::string>()));
        report.blocks.push_back({block, each.at("node").get<std::string>(),
                                 each.at("state").get<std::string>(), usage_from(each)});
    }
    FLATLAN_TRY(leases, leases_from(json.at("leases")));
    report.leases = std::move(leases);
    for (const Json& each : json.at("findings")) {
        FLATLAN_TRY(kind, kind_from(each.at("kind").get<std::string>()));
        report.findings.push_back(
            {kind, each.at("subject").get<std::string>(), each.at("node").get<std::string>(),
             each.at("evidence").get<std::string>(), each.at("mend").get<std::string>()});
    }
    return report;
}

/// Parses `text` and hands it to `read`; whatever is wrong with it is code corrupt.
template <typename Read>
auto read_json(std::string_view text, const char* what, Read read) -> decltype(read(Json{})) {
    try {
        auto done = read(Json::parse(text));
        if (!done) return std::move(done).error().as(ErrorCode::corrupt);
        return done;
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, std::string{"read "} + what + ": " + thrown.what()};
    }
}

}  // namespace

std::string to_json(const IpamReport& report) {
    Json prefixes = Json::array();
    for (const IpPrefix& prefix : report.prefixes)
        prefixes.push_back(to_string(prefix));
    Json blocks = Json::array();
    for (const IpamReport::Block& block : report.blocks) {
        Json json{{"block", to_string(block.block)}, {"node", block.node}, {"state", block.state}};
        json.update(json_of(block.usage));
        blocks.push_back(std::move(json));
    }
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
                    {"namespaces_seen", report.namespaces_seen},
                    {"prefixes", std::move(prefixes)},
                    {"blocks", std::move(blocks)},
                    {"leases", json_of(report.leases)},
                    {"findings", std::move(findings)}});
}

Result<IpamReport> ipam_report_from_json(std::string_view text) {
    return read_json(text, "which address is whose", report_from);
}

std::string to_json(const std::vector<IpamReport::HeldLease>& leases) {
    return text_of({{"leases", json_of(leases)}});
}

Result<std::vector<IpamReport::HeldLease>> leases_from_json(std::string_view text) {
    return read_json(text, "leases",
                     [](const Json& json) { return leases_from(json.at("leases")); });
}

}  // namespace flatlan::lab
