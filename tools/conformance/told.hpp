#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/mac_address.hpp"
#include "tools/conformance/clause.hpp"
#include "tools/conformance/plugin_process.hpp"

/// What plugins tell: read without trust, every departure from the form noted.
namespace flatlan::conformance {

/// An interface of a result; without a sandbox it is the node's.
struct ToldInterface {
    std::string name;
    std::string sandbox;
    std::optional<MacAddress> mac;
    std::optional<std::uint32_t> mtu;
};
/// An address of a result, `ips` or `ip4` and `ip6`.
struct ToldAddress {
    IpAddress address;
    unsigned length_bits = 0;
    std::optional<IpAddress> gateway;
    std::optional<std::size_t> interface;  ///< index into the interfaces
};
/// A route of a result.
struct ToldRoute {
    IpPrefix destination;
    std::optional<IpAddress> gateway;
};

/// The result of ADD.
struct ToldResult {
    std::string text;  ///< JSON, as it goes into `prevResult`
    std::vector<ToldInterface> interfaces;
    std::vector<ToldAddress> addresses;
    std::vector<ToldRoute> routes;
    std::vector<std::string> faults;  ///< departures from the form of its version

    /// The interface of that name in a container.
    const ToldInterface* find_inside(std::string_view name) const;
    /// "10.1.0.2 and fd00::2"
    std::string address_words() const;
};

/// Reads a result in the form of `version`. An objection only where it is no JSON object.
Step<ToldResult> read_result(const std::string& text, Version version);

/// An error result.
struct ToldError {
    std::uint64_t code = 0;
    std::string message;
};
/// An objection where the answer is no failure, or standard output has not the form of one in this
/// version.
Step<ToldError> read_error(const Answer& answer, std::string_view version);
/// The answer of VERSION.
struct ToldVersions {
    std::string version;
    std::vector<std::string> supported;
};
Step<ToldVersions> read_versions(const Answer& answer);

}  // namespace flatlan::conformance
