#include "tools/forward/port_pair.hpp"

#include <algorithm>
#include <charconv>

#include "overlay/base/text.hpp"

namespace flatlan::forward {
namespace {

constexpr std::string_view kWhere = "PORT";
constexpr std::string_view kLocalhost = "localhost";

Error wrong(std::string text, std::string expected) {
    return Error{ErrorCode::invalid_argument, std::move(text)}
        .at(std::string{kWhere})
        .expecting(std::move(expected));
}

Error wrong_address(std::string_view word, std::string_view why) {
    return Error{ErrorCode::invalid_argument, quoted(word) + std::string{why}}
        .at("--address")
        .expecting("localhost, or addresses of this machine, as 'ip address' lists them");
}

/// Zero is one of them; nothing when it is no number, or larger than a port can be.
std::optional<std::uint16_t> number_of(std::string_view text) {
    std::uint16_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

Result<PortPair> port_pair_from_text(std::string_view text) {
    const std::size_t colon = text.find(':');
    const bool has_local = colon != text.npos;
    const std::string_view pod = has_local ? text.substr(colon + 1) : text;
    if (pod.find(':') != pod.npos)
        return wrong(quoted(text) + " has too many colons",
                     "[LOCAL:]PORT; another address of this machine is said with --address");
    const auto pod_port = number_of(pod);
    if (!pod_port || *pod_port == 0)
        return wrong(quoted(text) + " names no port of the pod",
                     "[LOCAL:]PORT, such as 8080:80, with a PORT from 1 to 65535");
    if (!has_local) return PortPair{Port{*pod_port}, Port{*pod_port}};
    const auto local =
        colon == 0 ? std::optional<std::uint16_t>{0} : number_of(text.substr(0, colon));
    if (!local)
        return wrong(quoted(text) + " names no port of this machine",
                     "[LOCAL:]PORT, such as 8080:80, with a LOCAL from 1 to 65535, or 0 for any");
    return PortPair{Port{*local}, Port{*pod_port}};
}

Result<std::vector<PortPair>> port_pairs_from(std::span<const std::string> words) {
    std::vector<PortPair> pairs;
    for (const std::string& word : words) {
        FLATLAN_TRY(pair, port_pair_from_text(word));
        const bool taken = pair.local != Port::any() &&
                           std::ranges::find(pairs, pair.local, &PortPair::local) != pairs.end();
        if (taken)
            return wrong("port " + std::to_string(pair.local.value()) +
                             " of this machine is wanted twice, the second time by " + quoted(word),
                         "another LOCAL, or ':" + std::to_string(pair.pod.value()) +
                             "' for any that is free");
        pairs.push_back(pair);
    }
    return pairs;
}

Result<std::vector<IpAddress>> addresses_from_text(std::string_view text) {
    std::vector<IpAddress> addresses;
    if (text == kLocalhost) return addresses;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        at = end + 1;
        const auto address = IpAddress::from_text(word);
        if (!address) return wrong_address(word, " is no address");
        if (address.value().is_multicast() || address.value() == Ipv4Address{0xffff'ffff})
            return wrong_address(word, " is no address of one machine");
        if (std::ranges::find(addresses, address.value()) != addresses.end())
            return wrong_address(word, " stands there twice");
        addresses.push_back(address.value());
    }
    return addresses;
}

}  // namespace flatlan::forward
