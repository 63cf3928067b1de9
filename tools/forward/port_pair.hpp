#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/network_values.hpp"

/// Carries TCP connections of this machine to a pod of a lab, as `kubectl port-forward` does.
namespace flatlan::forward {

/// Which port of this machine leads to which of the pod.
struct PortPair {
    Port local;  ///< Port::any(): the kernel chooses
    Port pod;

    friend bool operator==(const PortPair&, const PortPair&) = default;
};

/// "8080:80"; "80" for the same on both sides; ":80" or "0:80" for one that the kernel chooses.
/// Error invalid_argument.
Result<PortPair> port_pair_from_text(std::string_view text);

/// Of each word. Error invalid_argument also where two want one port of this machine.
Result<std::vector<PortPair>> port_pairs_from(std::span<const std::string> words);

/// The addresses of a list with commas between them; none for `localhost`. Error invalid_argument:
/// one that is none, that stands there twice, or on which nobody can listen.
Result<std::vector<IpAddress>> addresses_from_text(std::string_view text);

}  // namespace flatlan::forward
