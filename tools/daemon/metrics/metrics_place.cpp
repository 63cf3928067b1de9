#include "tools/daemon/metrics/metrics_place.hpp"

#include <charconv>

namespace flatlan::daemon {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr const char* kExpected =
    "ADDRESS:PORT such as 127.0.0.1:9400 or [::1]:9400, or unix:/PATH";

Error wrong(std::string_view text, const std::string& why) {
    return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' " + why}.expecting(
        kExpected);
}

}  // namespace

Result<MetricsPlace> metrics_place_from_text(std::string_view text) {
    if (text.starts_with(kUnix)) {
        const std::string_view path = text.substr(kUnix.size());
        if (!path.starts_with('/')) return wrong(text, "names no absolute path");
        return MetricsPlace{std::filesystem::path{path}};
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong(text, "has no port");
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::from_text(host);
    // Without brackets nobody knows where an IPv6 address ends.
    if (!address || bracketed != (address.value().family() == IpFamily::ipv6))
        return wrong(text, "has no IP address before its port");
    std::uint64_t number = 0;
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const auto port = Port::from(number);
    if (failed != std::errc{} || end != digits.data() + digits.size() || !port)
        return wrong(text, "has no port from 1 to 65535");
    return MetricsPlace{TcpPlace{address.value(), port.value()}};
}

std::string to_string(const MetricsPlace& place) {
    if (const auto* const path = std::get_if<std::filesystem::path>(&place))
        return std::string{kUnix} + path->string();
    const auto& [address, port] = std::get<TcpPlace>(place);
    const std::string host = to_string(address);
    return (address.family() == IpFamily::ipv6 ? "[" + host + "]" : host) + ":" +
           std::to_string(port.value());
}

bool is_of_this_machine(const MetricsPlace& place) {
    const auto* const tcp = std::get_if<TcpPlace>(&place);
    if (tcp == nullptr) return true;
    const IpAddress& address = tcp->address;
    return address.is_ipv4() ? address.ipv4().is_loopback() : address.ipv6().is_loopback();
}

}  // namespace flatlan::daemon
