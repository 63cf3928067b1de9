#include "tools/daemon/api/node_status.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::daemon {
namespace {

using Json = nlohmann::ordered_json;

/// Bytes that are no UTF-8, as of a file's name, become U+FFFD.
std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const std::vector<IpPrefix>& prefixes) {
    Json list = Json::array();
    for (const IpPrefix& prefix : prefixes)
        list.push_back(to_string(prefix));
    return list;
}

Json json_of(const IpAddresses& addresses) {
    Json list = Json::array();
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = addresses.find(family)) list.push_back(to_string(*address));
    return list;
}

Json json_of(const std::optional<std::uint64_t>& number) {
    return number ? Json(*number) : Json(nullptr);
}

Result<std::vector<IpPrefix>> prefixes_from(const Json& json) {
    std::vector<IpPrefix> prefixes;
    for (const Json& text : json) {
        FLATLAN_TRY(prefix, IpPrefix::from_text(text.get<std::string>()));
        prefixes.push_back(prefix);
    }
    return prefixes;
}

Result<IpAddresses> addresses_from(const Json& json) {
    IpAddresses addresses;
    for (const Json& text : json) {
        FLATLAN_TRY(address, IpAddress::from_text(text.get<std::string>()));
        addresses.set(address);
    }
    return addresses;
}

std::optional<std::uint64_t> number_from(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional{json.get<std::uint64_t>()};
}

/// Parses `text` and hands it to `read`; whatever is wrong with it is code corrupt.
template <typename Read>
auto read_json(std::string_view text, Read read) -> decltype(read(Json{})) {
    try {
        auto done = read(Json::parse(text));
        if (!done) return std::move(done).error().as(ErrorCode::corrupt);
        return done;
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, std::string{"read flatland's answer: "} + thrown.what()};
    }
}

Json json_of(const NodeStatus::Other& node) {
    return {{"name", node.name},
            {"ready", node.ready},
            {"reason", node.reason},
            {"underlay", node.underlay},
            {"overlay", json_of(node.overlay)},
            {"blocks", json_of(node.blocks)},
            {"narrow_mtu", json_of(node.narrow_mtu)}};
}

Result<NodeStatus::Other> other_from(const Json& json) {
    FLATLAN_TRY(overlay, addresses_from(json.at("overlay")));
    FLATLAN_TRY(blocks, prefixes_from(json.at("blocks")));
    return NodeStatus::Other{json.at("name").get<std::string>(),
                             json.at("ready").get<bool>(),
                             json.at("reason").get<std::string>(),
                             json.at("underlay").get<std::string>(),
                             overlay,
                             std::move(blocks),
                             number_from(json.at("narrow_mtu"))};
}

Result<NodeStatus> status_from(const Json& json) {
    const auto text = [&](const char* key) { return json.at(key).get<std::string>(); };
    const auto number = [&](const char* key) { return json.at(key).get<std::uint64_t>(); };
    NodeStatus status{.node = text("node"),
                      .cluster = text("cluster"),
                      .ready = json.at("ready").get<bool>(),
                      .reason = text("reason"),
                      .registry = text("registry"),
                      .confirmed = {number_from(json.at("confirmed_age_s")),
                                    number_from(json.at("offline_max_s")),
                                    number_from(json.at("reclaim_after_s"))},
                      .epoch = number("epoch"),
                      .claims_paused = json.at("claims_paused").get<bool>(),
                      .awaited = json.at("awaited").get<std::vector<std::string>>(),
                      .backend = text("backend"),
                      .underlay = text("underlay"),
                      .interface = text("interface"),
                      .database = text("database"),
                      .leased = number("leased"),
                      .free = number("free"),
                      .lost = json.at("lost").get<std::vector<std::string>>(),
                      .repairs = number("repairs")};
    FLATLAN_TRY(overlay, addresses_from(json.at("overlay")));
    FLATLAN_TRY(blocks, prefixes_from(json.at("blocks")));
    status.overlay = overlay;
    status.blocks = std::move(blocks);
    for (const Json& each : json.at("nodes")) {
        FLATLAN_TRY(node, other_from(each));
        status.nodes.push_back(std::move(node));
    }
    return status;
}

}  // namespace

std::string to_json(const NodeStatus& status) {
    Json nodes = Json::array();
    for (const NodeStatus::Other& node : status.nodes)
        nodes.push_back(json_of(node));
    return text_of({{"node", status.node},
                    {"cluster", status.cluster},
                    {"ready", status.ready},
                    {"reason", status.reason},
                    {"registry", status.registry},
                    {"confirmed_age_s", json_of(status.confirmed.age_s)},
                    {"offline_max_s", json_of(status.confirmed.offline_max_s)},
                    {"reclaim_after_s", json_of(status.confirmed.reclaim_after_s)},
                    {"epoch", status.epoch},
                    {"claims_paused", status.claims_paused},
                    {"awaited", status.awaited},
                    {"backend", status.backend},
                    {"underlay", status.underlay},
                    {"interface", status.interface},
                    {"overlay", json_of(status.overlay)},
                    {"blocks", json_of(status.blocks)},
                    {"database", status.database},
                    {"leased", status.leased},
                    {"free", status.free},
                    {"lost", status.lost},
                    {"repairs", status.repairs},
                    {"nodes", std::move(nodes)}});
}

std::string to_json(const NodeStatus::Other& node) { return text_of(json_of(node)); }

Result<NodeStatus> node_status_from_json(std::string_view text) {
    return read_json(text, status_from);
}

std::string to_json(const NodeClaims& claims) {
    Json foreign = Json::array();
    for (const NodeClaims::Foreign& each : claims.foreign)
        foreign.push_back({{"node", each.node}, {"block", to_string(each.block)}});
    return text_of(
        {{"node", claims.node},
         {"database", claims.database},
         {"incarnation", claims.incarnation ? Json(claims.incarnation->value) : Json(nullptr)},
         {"blocks", json_of(claims.blocks)},
         {"foreign", std::move(foreign)}});
}

Result<NodeClaims> node_claims_from_json(std::string_view text) {
    return read_json(text, [](const Json& json) -> Result<NodeClaims> {
        FLATLAN_TRY(blocks, prefixes_from(json.at("blocks")));
        NodeClaims claims{.node = json.at("node").get<std::string>(),
                          .database = json.at("database").get<std::string>(),
                          .blocks = std::move(blocks)};
        if (const auto incarnation = number_from(json.at("incarnation")))
            claims.incarnation = ipam::Incarnation{*incarnation};
        for (const Json& each : json.at("foreign")) {
            FLATLAN_TRY(block, IpPrefix::from_text(each.at("block").get<std::string>()));
            claims.foreign.push_back({each.at("node").get<std::string>(), block});
        }
        return claims;
    });
}

std::string to_json(const NodeRemoved& removed) {
    return text_of({{"node", removed.node}, {"blocks", json_of(removed.blocks)}});
}

Result<NodeRemoved> node_removed_from_json(std::string_view text) {
    return read_json(text, [](const Json& json) -> Result<NodeRemoved> {
        FLATLAN_TRY(blocks, prefixes_from(json.at("blocks")));
        return NodeRemoved{json.at("node").get<std::string>(), std::move(blocks)};
    });
}

}  // namespace flatlan::daemon
