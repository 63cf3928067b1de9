#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::daemon {

/// A TCP port of an address.
struct TcpPlace {
    IpAddress address;
    Port port;
};

/// Where metrics can be read: a TCP port, or a Unix socket of mode 0600.
using MetricsPlace = std::variant<TcpPlace, std::filesystem::path>;

/// "127.0.0.1:9400", "[::1]:9400" or "unix:/run/flatlan/metrics.sock". Error invalid_argument for
/// any other text.
Result<MetricsPlace> metrics_place_from_text(std::string_view text);

/// As it is written.
std::string to_string(const MetricsPlace& place);

/// Whether nobody but this machine can read there.
bool is_of_this_machine(const MetricsPlace& place);

}  // namespace flatlan::daemon
