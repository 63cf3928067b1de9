#include "tools/cni/add_result.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::cni {
namespace {

using nlohmann::ordered_json;

IpPrefix everything(IpFamily family) {
    return IpPrefix::containing(IpAddress::from_value(family, 0), 0);
}

ordered_json route_json(IpFamily family, const IpAddress& gateway) {
    return {{"dst", to_string(everything(family))}, {"gw", to_string(gateway)}};
}

std::string cidr(const GivenAddress& given) {
    return to_string(given.address) + "/" + std::to_string(given.length_bits);
}

/// Versions 0.1.0 and 0.2.0 know one address of each family and no interface.
ordered_json first_form(const AddResult& result) {
    ordered_json object = ordered_json::object();
    for (const GivenAddress& given : result.addresses) {
        ordered_json entry{{"ip", cidr(given)}, {"gateway", to_string(given.gateway)}};
        if (result.default_routes)
            entry["routes"] =
                ordered_json::array({route_json(given.address.family(), given.gateway)});
        object[given.address.is_ipv4() ? "ip4" : "ip6"] = std::move(entry);
    }
    return object;
}

ordered_json interface_json(const MadeInterface& made, Version version) {
    ordered_json object{{"name", made.name}, {"mac", to_string(made.mac)}};
    if (version >= Version::v1_1_0) object["mtu"] = made.mtu.value();
    if (!made.sandbox.empty()) object["sandbox"] = made.sandbox;
    return object;
}

ordered_json address_json(const GivenAddress& given, Version version) {
    ordered_json object;
    if (version < Version::v1_0_0) object["version"] = given.address.is_ipv4() ? "4" : "6";
    object["address"] = cidr(given);
    object["gateway"] = to_string(given.gateway);
    return object;
}

/// The previous result in the form of `version`: the one difference among those that can be
/// chained is the family beside each address, which 1.0.0 dropped.
Outcome<ordered_json> previous_form(const Configuration& configuration) {
    ordered_json object = ordered_json::object();
    if (!configuration.prev_result.empty())
        object = ordered_json::parse(configuration.prev_result, nullptr, false);
    for (const char* list : {"interfaces", "ips", "routes"}) {
        if (!object.contains(list) || object[list].is_null()) object[list] = ordered_json::array();
        if (!object[list].is_array())
            return Failure{Code::invalid_configuration,
                           "'prevResult." + std::string{list} + "' is no list"};
    }
    for (ordered_json& entry : object["ips"]) {
        if (!entry.is_object() || !entry.value("address", ordered_json{}).is_string())
            return Failure{Code::invalid_configuration, "an entry of 'prevResult.ips' is wrong",
                           "expected an object with an address"};
        entry.erase("version");
        const bool ipv6 = entry["address"].get<std::string>().find(':') != std::string::npos;
        if (configuration.version < Version::v1_0_0) entry["version"] = ipv6 ? "6" : "4";
    }
    return object;
}

Outcome<ordered_json> later_form(const AddResult& result, const Configuration& configuration) {
    FLATLAN_TRY(object, previous_form(configuration));
    const std::size_t before = object["interfaces"].size();
    for (const MadeInterface& made : result.interfaces)
        object["interfaces"].push_back(interface_json(made, configuration.version));
    for (const GivenAddress& given : result.addresses) {
        ordered_json entry = address_json(given, configuration.version);
        if (!result.interfaces.empty()) entry["interface"] = before + result.holder;
        object["ips"].push_back(std::move(entry));
        if (result.default_routes)
            object["routes"].push_back(route_json(given.address.family(), given.gateway));
    }
    // A plugin that gives addresses alone knows no interfaces.
    if (object["interfaces"].empty()) object.erase("interfaces");
    return object;
}

}  // namespace

Outcome<std::string> to_json(const AddResult& result, const Configuration& configuration) {
    const bool first = configuration.version < Version::v0_3_0;
    FLATLAN_TRY(body, first ? Outcome<ordered_json>{first_form(result)}
                            : later_form(result, configuration));
    ordered_json answer{{"cniVersion", to_string(configuration.version)}};
    body.erase("cniVersion");
    answer.update(body);
    if (!configuration.dns.empty())
        answer["dns"] = ordered_json::parse(configuration.dns, nullptr, false);
    else if (!answer.contains("dns"))
        answer["dns"] = ordered_json::object();
    return answer.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace flatlan::cni
