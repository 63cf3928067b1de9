#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flatlan::pod {

/// The most octets of an interface's alias: IFALIASZ without its end.
inline constexpr std::size_t kAliasSizeMax = 255;

/// Whether the text is a pod as Kubernetes names it: "namespace/name", of which the first is a DNS
/// label and the second a DNS subdomain (RFC 1123).
bool is_kubernetes_pod(std::string_view text);

/// What the alias of the node's end of a container's pair says (`ip link`): whose lease it is, and
/// what its pod is called.
struct LinkAlias {
    std::string lease_key{};
    std::string pod{};  ///< as is_kubernetes_pod has it; empty: nobody told
    friend bool operator==(const LinkAlias&, const LinkAlias&) = default;
};

/// Both with a space between; what there is no room for is left out, the pod first.
std::string to_text(const LinkAlias& alias);
/// Of an alias that somebody else made the key is what it begins with, a lease's or not.
LinkAlias link_alias_from_text(std::string_view text);

}  // namespace flatlan::pod
