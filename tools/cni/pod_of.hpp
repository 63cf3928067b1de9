#pragma once

#include <string>
#include <string_view>

namespace flatlan::cni {

/// The pod for which a runtime of Kubernetes calls, by K8S_POD_NAMESPACE and K8S_POD_NAME of
/// CNI_ARGS: "namespace/name". Empty where it does not say, or says what no pod is called.
std::string pod_of(std::string_view arguments);

}  // namespace flatlan::cni
