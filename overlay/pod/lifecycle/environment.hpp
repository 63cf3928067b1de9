#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/pod/lifecycle/pod_template.hpp"

namespace flatlan::pod {

/// The text with each $(NAME) replaced by that variable's value; one that is not there stays as it
/// is, and "$$" is a dollar sign (Kubernetes, "Define Dependent Environment Variables").
std::string expand_variables(std::string_view text,
                             const std::map<std::string, std::string>& variables);

/// What a container runs with.
struct ProcessWords {
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< "NAME=VALUE", each name once
};

/// `defaults` are variables that the container's own replace. `fields` says what the pod's fields
/// are by now ("status.podIP"); one that is not in it counts as empty.
ProcessWords process_words(const ContainerSpec& container,
                           const std::map<std::string, std::string>& defaults,
                           const std::map<std::string, std::string>& fields);

}  // namespace flatlan::pod
