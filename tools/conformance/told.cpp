#include "tools/conformance/told.hpp"

#include <nlohmann/json.hpp>

#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using nlohmann::json;

const json* find(const json& object, const char* field) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(field);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// Reads one result and notes what is wrong with it.
class Reader {
public:
    Reader(ToldResult& told, Version version) : told_{told}, version_{version} {}

    void read_first_form(const json& root) {
        for (const char* field : {"interfaces", "ips"})
            if (find(root, field) != nullptr) fault("it has '" + std::string{field} + "'");
        for (const auto& [field, ipv4] : {std::pair{"ip4", true}, std::pair{"ip6", false}}) {
            const json* const entry = find(root, field);
            if (entry == nullptr) continue;
            read_address(*entry, "ip", ipv4);
            if (const json* const routes = find(*entry, "routes")) read_routes(*routes);
        }
    }
    void read_later_form(const json& root) {
        for (const char* field : {"ip4", "ip6"})
            if (find(root, field) != nullptr) fault("it has '" + std::string{field} + "'");
        for (const json& entry : list(root, "interfaces"))
            read_interface(entry);
        for (const json& entry : list(root, "ips"))
            read_address(entry, "address", std::nullopt);
        read_routes(list(root, "routes"));
    }
    void read_dns(const json& root) {
        const json* const dns = find(root, "dns");
        if (dns != nullptr && !dns->is_object()) fault("'dns' is no object");
    }

private:
    void fault(std::string what) { told_.faults.push_back(std::move(what)); }

    json list(const json& root, const char* field) {
        const json* const found = find(root, field);
        if (found == nullptr) return json::array();
        if (found->is_array()) return *found;
        fault("'" + std::string{field} + "' is no list");
        return json::array();
    }
    std::string text(const json& object, const char* field, bool required) {
        const json* const found = find(object, field);
        if (found == nullptr && required) fault("an entry lacks '" + std::string{field} + "'");
        if (found == nullptr) return {};
        if (found->is_string()) return found->get<std::string>();
        fault("'" + std::string{field} + "' is no string");
        return {};
    }

    void read_interface(const json& entry) {
        if (!entry.is_object()) return fault("an interface is no object");
        ToldInterface made{.name = text(entry, "name", true),
                           .sandbox = text(entry, "sandbox", false),
                           .mac = {},
                           .mtu = {}};
        if (const std::string mac = text(entry, "mac", false); !mac.empty()) {
            const auto read = MacAddress::from_text(mac);
            if (read) made.mac = read.value();
            if (!read) fault("the MAC address " + one_line(mac));
        }
        if (const json* const mtu = find(entry, "mtu")) {
            if (mtu->is_number_unsigned())
                made.mtu = mtu->get<std::uint32_t>();
            else
                fault("'mtu' is no number");
        }
        told_.interfaces.push_back(std::move(made));
    }
    void read_address(const json& entry, const char* field, std::optional<bool> ipv4) {
        if (!entry.is_object()) return fault("an address entry is no object");
        const std::string cidr = text(entry, field, true);
        const std::size_t slash = cidr.find('/');
        const auto address = IpAddress::from_text(cidr.substr(0, slash));
        unsigned long length = 1000;
        if (slash != cidr.npos && cidr.size() - slash <= 4 &&
            cidr.find_first_not_of("0123456789", slash + 1) == cidr.npos && slash + 1 < cidr.size())
            length = std::stoul(cidr.substr(slash + 1));
        if (!address || length > address_bits(address.value().family()))
            return fault("the address " + one_line(cidr) + " is not in CIDR form");
        if (ipv4 && *ipv4 != address.value().is_ipv4())
            fault("the address " + cidr + " stands in the other family's field");
        ToldAddress told{.address = address.value(),
                         .length_bits = static_cast<unsigned>(length),
                         .gateway = gateway(entry, "gateway"),
                         .interface = {}};
        read_holder(entry, told);
        told_.addresses.push_back(told);
    }
    void read_holder(const json& entry, ToldAddress& told) {
        if (version_ < Version::v0_3_0) return;
        const json* const family = find(entry, "version");
        const std::string wanted = told.address.is_ipv4() ? "4" : "6";
        if (version_ < Version::v1_0_0 && (family == nullptr || *family != json(wanted)))
            fault("an address lacks \"version\": \"" + wanted + "\"");
        if (version_ >= Version::v1_0_0 && family != nullptr)
            fault("an address has 'version', which 1.0.0 dropped");
        const json* const holder = find(entry, "interface");
        if (holder == nullptr) return;
        if (!holder->is_number_unsigned() || holder->get<std::size_t>() >= told_.interfaces.size())
            return fault("an address names no interface: " + holder->dump());
        told.interface = holder->get<std::size_t>();
    }
    std::optional<IpAddress> gateway(const json& entry, const char* field) {
        const std::string words = text(entry, field, false);
        if (words.empty()) return std::nullopt;
        const auto address = IpAddress::from_text(words);
        if (address) return address.value();
        fault("the gateway " + one_line(words));
        return std::nullopt;
    }
    void read_routes(const json& routes) {
        for (const json& entry : routes) {
            const std::string words = text(entry, "dst", true);
            const auto destination = IpPrefix::from_text(words);
            if (!destination) {
                fault("the route to " + one_line(words));
                continue;
            }
            told_.routes.push_back({destination.value(), gateway(entry, "gw")});
        }
    }

    ToldResult& told_;
    Version version_;
};

Step<json> object_of(const std::string& text, const char* what) {
    json root = json::parse(text, nullptr, false);
    if (root.is_object()) return root;
    return fails("standard output is not the JSON of " + std::string{what} + ": " + one_line(text));
}

}  // namespace

const ToldInterface* ToldResult::find_inside(std::string_view name) const {
    for (const ToldInterface& interface : interfaces)
        if (interface.name == name && !interface.sandbox.empty()) return &interface;
    return nullptr;
}

std::string ToldResult::address_words() const {
    std::string words;
    for (const ToldAddress& told : addresses)
        words += (words.empty() ? "" : " and ") + flatlan::to_string(told.address);
    return words.empty() ? "no address" : words;
}

Step<ToldResult> read_result(const std::string& text, Version version) {
    FLATLAN_TRY(root, object_of(text, "a result"));
    ToldResult told{.text = root.dump(), .interfaces{}, .addresses{}, .routes{}, .faults{}};
    const json* const said = find(root, "cniVersion");
    if (said == nullptr || *said != json(cni::to_string(version)))
        told.faults.push_back("'cniVersion' is " + (said ? said->dump() : "missing") +
                              " instead of " + std::string{cni::to_string(version)});
    Reader reader{told, version};
    version < Version::v0_3_0 ? reader.read_first_form(root) : reader.read_later_form(root);
    reader.read_dns(root);
    return told;
}

Step<ToldError> read_error(const Answer& answer, std::string_view version) {
    if (answer.succeeded()) return fails("it succeeded: " + to_string(answer));
    if (answer.signal != 0 || answer.timed_out) return fails(to_string(answer));
    FLATLAN_TRY(root, object_of(answer.output, "an error"));
    const json* const said = find(root, "cniVersion");
    const json* const code = find(root, "code");
    const json* const message = find(root, "msg");
    if (!version.empty() && (said == nullptr || *said != json(version)))
        return fails("the error's 'cniVersion' is " + (said ? said->dump() : "missing") +
                     " instead of \"" + std::string{version} + "\"");
    if (code == nullptr || !code->is_number_unsigned() || *code == json(0))
        return fails("the error has no 'code' above 0: " + one_line(answer.output));
    if (message == nullptr || !message->is_string() || message->get<std::string>().empty())
        return fails("the error has no 'msg': " + one_line(answer.output));
    return ToldError{code->get<std::uint64_t>(), message->get<std::string>()};
}

Step<ToldVersions> read_versions(const Answer& answer) {
    if (!answer.succeeded()) return fails(to_string(answer));
    FLATLAN_TRY(root, object_of(answer.output, "the versions"));
    const json* const said = find(root, "cniVersion");
    const json* const supported = find(root, "supportedVersions");
    if (said == nullptr || !said->is_string())
        return fails("'cniVersion' is missing: " + one_line(answer.output));
    if (supported == nullptr || !supported->is_array() || supported->empty())
        return fails("'supportedVersions' is missing: " + one_line(answer.output));
    ToldVersions told{.version = said->get<std::string>(), .supported = {}};
    for (const json& entry : *supported) {
        if (!entry.is_string()) return fails("a version is no string: " + entry.dump());
        told.supported.push_back(entry.get<std::string>());
    }
    return told;
}

}  // namespace flatlan::conformance
