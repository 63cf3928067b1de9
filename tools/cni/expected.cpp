#include <nlohmann/json.hpp>

#include "tools/cni/add_result.hpp"
#include "tools/cni/words.hpp"

namespace flatlan::cni {
namespace {

using nlohmann::json;

Failure wrong(const std::string& what) {
    return {Code::invalid_configuration, "'prevResult' is wrong: " + what,
            "expected what ADD answered"};
}

const json& list_of(const json& object, const char* field) {
    static const json kNone = json::array();
    const auto found = object.find(field);
    return found != object.end() && found->is_array() ? *found : kNone;
}

/// The string of that name, empty where there is none.
std::string text_of(const json& object, const char* field) {
    if (!object.is_object()) return {};
    const auto found = object.find(field);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The number of the container's interface `name` among the interfaces.
Outcome<std::size_t> index_of(const json& interfaces, const std::string& name) {
    for (std::size_t i = 0; i < interfaces.size(); ++i)
        if (text_of(interfaces[i], "name") == name && !text_of(interfaces[i], "sandbox").empty())
            return i;
    return wrong("it has no interface " + printable(name) + " in a sandbox");
}

Outcome<void> read_addresses(const json& ips, std::size_t interface, Expected& expected) {
    for (const json& entry : ips) {
        const auto holder = entry.is_object() ? entry.find("interface") : entry.end();
        if (!entry.is_object() || holder == entry.end() || !holder->is_number_unsigned() ||
            holder->get<std::size_t>() != interface)
            continue;
        const std::string text = text_of(entry, "address");
        const auto address = IpAddress::from_text(text.substr(0, text.find('/')));
        if (!address) return wrong("the address " + printable(text));
        expected.addresses.set(address.value());
    }
    return success();
}

}  // namespace

Outcome<Expected> expected_of(const Configuration& configuration, const std::string& name) {
    if (configuration.prev_result.empty())
        return Failure{Code::invalid_configuration, "'prevResult' is missing",
                       "expected what ADD answered"};
    const json root = json::parse(configuration.prev_result, nullptr, false);
    if (!root.is_object()) return wrong("it is no object");
    const json& interfaces = list_of(root, "interfaces");
    FLATLAN_TRY(index, index_of(interfaces, name));

    Expected expected;
    const auto mac = MacAddress::from_text(text_of(interfaces[index], "mac"));
    if (mac) expected.mac = mac.value();
    FLATLAN_TRY_VOID(read_addresses(list_of(root, "ips"), index, expected));
    for (const json& route : list_of(root, "routes")) {
        const auto destination = IpPrefix::from_text(text_of(route, "dst"));
        if (!destination) return wrong("the route to " + printable(text_of(route, "dst")));
        expected.routes.push_back(destination.value());
    }
    return expected;
}

}  // namespace flatlan::cni
