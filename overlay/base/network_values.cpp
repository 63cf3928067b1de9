#include "overlay/base/network_values.hpp"

#include <algorithm>

namespace flatlan {
namespace {

bool is_interface_name(std::string_view text) {
    if (text.empty() || text.size() > InterfaceName::kSizeMax || text == "." || text == "..")
        return false;
    return std::none_of(text.begin(), text.end(), [](char c) {
        return c == '/' || c == ':' || c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
    });
}

}  // namespace

Result<Vni> Vni::from(std::uint64_t raw) {
    if (raw > kMax)
        return Error{ErrorCode::invalid_argument,
                     "VNI " + std::to_string(raw) + " needs more than 24 bits"}
            .expecting("0 to 16777215");
    return Vni{static_cast<std::uint32_t>(raw)};
}

Result<Port> Port::from(std::uint64_t raw) {
    if (raw == 0 || raw > 65535)
        return Error{ErrorCode::invalid_argument, "port " + std::to_string(raw) + " is no port"}
            .expecting("1 to 65535");
    return Port{static_cast<std::uint16_t>(raw)};
}

std::string to_string(const Endpoint& endpoint) {
    const std::string address = to_string(endpoint.address);
    const std::string port = std::to_string(endpoint.port.value());
    return endpoint.address.is_ipv4() ? address + ":" + port : "[" + address + "]:" + port;
}

Result<InterfaceName> InterfaceName::from(std::string_view text) {
    if (!is_interface_name(text))
        return Error{ErrorCode::invalid_argument,
                     "'" + std::string{text} + "' is no interface name"}
            .expecting("1 to 15 characters without slash, colon or space");
    return InterfaceName{text};
}

InterfaceName::InterfaceName(std::string_view text) : text_{text} {
    FLATLAN_CHECK(is_interface_name(text));
}

}  // namespace flatlan
