#include "tools/cni/wishes.hpp"

#include <nlohmann/json.hpp>

#include "tools/cni/words.hpp"

namespace flatlan::cni {
namespace {

using nlohmann::json;

/// Where a wish stands, and how its error is called.
struct Place {
    Code code;
    std::string name;
};

Failure refused(const Place& place, std::string_view text, const std::string& expected) {
    return {place.code, "'" + place.name + "' is " + printable(text), "expected " + expected};
}

Outcome<void> wish_address(Wishes& wishes, const Place& place, std::string_view text) {
    const auto address = IpAddress::from_text(text.substr(0, text.find('/')));
    if (!address) return refused(place, text, "an IPv4 or IPv6 address");
    const auto before = wishes.addresses.find(address.value().family());
    if (before && *before != address.value())
        return refused(place, text,
                       "one address of a family; " + to_string(*before) + " is wanted too");
    wishes.addresses.set(address.value());
    return success();
}

Outcome<void> wish_mac(Wishes& wishes, const Place& place, std::string_view text) {
    const auto mac = MacAddress::from_text(text);
    if (!mac || mac.value().is_multicast() || mac.value() == MacAddress{})
        return refused(place, text, "a unicast MAC address such as 02:42:0a:f4:00:05");
    if (wishes.mac && *wishes.mac != mac.value())
        return refused(place, text,
                       "one MAC address; " + to_string(*wishes.mac) + " is wanted too");
    wishes.mac = mac.value();
    return success();
}

/// What lies at the end of a path of objects; null where the path breaks off.
const json& at_path(const json& root, std::initializer_list<const char*> path) {
    static const json kNothing;
    const json* here = &root;
    for (const char* field : path) {
        const auto found = here->is_object() ? here->find(field) : here->end();
        if (!here->is_object() || found == here->end()) return kNothing;
        here = &*found;
    }
    return *here;
}

Outcome<void> wish_list(Wishes& wishes, const json& list, const std::string& name) {
    const Place place{Code::invalid_configuration, name};
    if (list.is_null()) return success();
    if (!list.is_array()) return refused(place, list.type_name(), "a list of addresses");
    for (const json& entry : list) {
        if (!entry.is_string()) return refused(place, entry.type_name(), "a list of addresses");
        FLATLAN_TRY_VOID(wish_address(wishes, place, entry.get<std::string>()));
    }
    return success();
}

Outcome<void> wish_argument(Wishes& wishes, std::string_view pair) {
    const auto equals = pair.find('=');
    if (equals == pair.npos || equals == 0)
        return refused({Code::invalid_environment, "CNI_ARGS"}, pair,
                       "KEY=VALUE pairs with ';' between");
    const auto key = pair.substr(0, equals);
    const auto value = pair.substr(equals + 1);
    const Place place{Code::invalid_environment, "CNI_ARGS " + std::string{key}};
    if (key == "MAC") return wish_mac(wishes, place, value);
    if (key != "IP") return success();
    for (std::size_t begin = 0; begin <= value.size();) {
        const auto end = std::min(value.find(',', begin), value.size());
        FLATLAN_TRY_VOID(wish_address(wishes, place, value.substr(begin, end - begin)));
        begin = end + 1;
    }
    return success();
}

Outcome<void> wish_arguments(Wishes& wishes, std::string_view arguments) {
    while (!arguments.empty()) {
        const auto pair = arguments.substr(0, arguments.find(';'));
        if (!pair.empty()) FLATLAN_TRY_VOID(wish_argument(wishes, pair));
        arguments.remove_prefix(std::min(pair.size() + 1, arguments.size()));
    }
    return success();
}

}  // namespace

Outcome<Wishes> wishes_of(std::string_view configuration_json, std::string_view arguments) {
    const json root = json::parse(configuration_json, nullptr, false);
    Wishes wishes;
    FLATLAN_TRY_VOID(
        wish_list(wishes, at_path(root, {"runtimeConfig", "ips"}), "runtimeConfig.ips"));
    FLATLAN_TRY_VOID(wish_list(wishes, at_path(root, {"args", "cni", "ips"}), "args.cni.ips"));
    const json& mac = at_path(root, {"runtimeConfig", "mac"});
    const Place place{Code::invalid_configuration, "runtimeConfig.mac"};
    if (!mac.is_null() && !mac.is_string()) return refused(place, mac.type_name(), "a MAC address");
    if (mac.is_string() && !mac.get<std::string>().empty())
        FLATLAN_TRY_VOID(wish_mac(wishes, place, mac.get<std::string>()));
    FLATLAN_TRY_VOID(wish_arguments(wishes, arguments));
    return wishes;
}

}  // namespace flatlan::cni
