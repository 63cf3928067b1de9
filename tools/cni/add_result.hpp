#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/linux/link.hpp"
#include "tools/cni/configuration.hpp"

namespace flatlan::cni {

/// An interface that ADD made.
struct MadeInterface {
    std::string name;
    MacAddress mac;
    LinkMtu mtu{0};
    std::string sandbox{};  ///< the path of its namespace; empty: the node's
};

/// An address that ADD gave.
struct GivenAddress {
    IpAddress address;
    unsigned length_bits;
    IpAddress gateway;
};

/// What ADD has to tell.
struct AddResult {
    std::vector<MadeInterface> interfaces{};  ///< none where only addresses were asked for
    std::size_t holder = 0;  ///< which of the interfaces has the addresses; says nothing without
    std::vector<GivenAddress> addresses{};
    bool default_routes = true;  ///< whether everything goes by the gateways
};

/// The specification's JSON for success, in the version of the configuration, with a line's end.
/// What earlier plugins of the chain did (`prev_result`) stands first and is passed on unchanged.
/// Error invalid_configuration for a previous result that has not the form of its version.
Outcome<std::string> to_json(const AddResult& result, const Configuration& configuration);

/// What must still be there, as the runtime remembers it.
struct Expected {
    std::optional<MacAddress> mac;
    IpAddresses addresses;
    std::vector<IpPrefix> routes;  ///< destinations
};

/// Reads from `prev_result` what belongs to the interface `name` of a container. Error
/// invalid_configuration when there is none, or the interface is not in it.
Outcome<Expected> expected_of(const Configuration& configuration, const std::string& name);

}  // namespace flatlan::cni
