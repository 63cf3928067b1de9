#include "tools/cni/pod_of.hpp"

#include <algorithm>

#include "overlay/pod/sandbox/link_alias.hpp"

namespace flatlan::cni {
namespace {

/// The value of the last such pair; of more than one the last counts.
std::string_view argument(std::string_view arguments, std::string_view wanted) {
    std::string_view value;
    while (!arguments.empty()) {
        const std::string_view pair = arguments.substr(0, arguments.find(';'));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == wanted && equals < pair.size())
            value = pair.substr(equals + 1);
        arguments.remove_prefix(std::min(pair.size() + 1, arguments.size()));
    }
    return value;
}

}  // namespace

std::string pod_of(std::string_view arguments) {
    std::string pod{argument(arguments, "K8S_POD_NAMESPACE")};
    pod.append("/").append(argument(arguments, "K8S_POD_NAME"));
    return pod::is_kubernetes_pod(pod) ? pod : std::string{};
}

}  // namespace flatlan::cni
