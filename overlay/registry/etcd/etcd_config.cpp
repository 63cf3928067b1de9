#include "overlay/registry/etcd/etcd_config.hpp"

#include <charconv>
#include <optional>

namespace flatlan::registry {
namespace {

Error wrong_url(std::string_view url, std::string_view what) {
    return Error{ErrorCode::invalid_argument,
                 "etcd endpoint '" + std::string{url} + "' " + std::string{what}}
        .expecting("http://HOST:PORT or https://HOST:PORT");
}

std::optional<Port> port_from_text(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    const auto port = Port::from(number);
    return port ? std::optional{port.value()} : std::nullopt;
}

}  // namespace

Result<EtcdEndpoint> EtcdEndpoint::from_url(std::string_view url) {
    const bool tls = url.starts_with("https://");
    if (!tls && !url.starts_with("http://"))
        return wrong_url(url, "does not begin with http:// or https://");
    std::string_view rest = url.substr(url.find("://") + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find('@') != rest.npos)
        return wrong_url(url.substr(0, url.find("://") + 3), "has a user in it: name it apart");
    if (rest.find_first_of("/?#") != rest.npos) return wrong_url(url, "has a path");
    const std::size_t colon = rest.rfind(':');
    if (colon == rest.npos || rest.ends_with(']')) return wrong_url(url, "has no port");
    std::string_view host = rest.substr(0, colon);
    const auto port = port_from_text(rest.substr(colon + 1));
    if (!port) return wrong_url(url, "has no port from 1 to 65535");
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != host.npos)
        return wrong_url(url, "has an IPv6 address without brackets");
    if (host.empty()) return wrong_url(url, "has no host");
    return EtcdEndpoint{std::string{host}, *port, tls};
}

std::string to_string(const EtcdEndpoint& endpoint) {
    const bool ipv6 = endpoint.host.find(':') != endpoint.host.npos;
    return (endpoint.tls ? "https://" : "http://") +
           (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
           std::to_string(endpoint.port.value());
}

Result<void> check_config(const EtcdConfig& config) {
    const auto wrong = [](std::string text) {
        return Error{ErrorCode::invalid_argument, std::move(text)};
    };
    if (config.endpoints.empty() || config.endpoints.size() > EtcdConfig::kEndpointsMax)
        return wrong("etcd has " + std::to_string(config.endpoints.size()) + " endpoints")
            .expecting("1 to " + std::to_string(EtcdConfig::kEndpointsMax));
    const bool tls = config.endpoints.front().tls;
    for (const EtcdEndpoint& endpoint : config.endpoints)
        if (endpoint.tls != tls)
            return wrong("etcd endpoints with and without TLS are mixed: " +
                         to_string(config.endpoints.front()) + " and " + to_string(endpoint));
    if (config.certificate_file.empty() != config.key_file.empty())
        return wrong("etcd's client certificate and its key are only useful together");
    if (!tls && !(config.authority_file.empty() && config.certificate_file.empty()))
        return wrong("certificates are given for an etcd endpoint without TLS: " +
                     to_string(config.endpoints.front()))
            .expecting("https://");
    if (config.user.empty() != config.password.empty())
        return wrong("etcd's user and password are only useful together");
    if (config.state_key.empty()) return wrong("the key that tells etcd's state is empty");
    return success();
}

}  // namespace flatlan::registry
