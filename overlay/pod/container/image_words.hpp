#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/pod/image/image_layout.hpp"
#include "overlay/pod/lifecycle/pod_template.hpp"

/// How what an image says and what a manifest says go together.
namespace flatlan::pod {

/// The container with what its image says where it says nothing itself: `command` stands for the
/// image's entrypoint and then its own arguments are all there are; `args` alone for the image's
/// (Kubernetes, "Define a Command and Arguments for a Container").
ContainerSpec with_image_words(ContainerSpec container, const ImageConfig& image);

/// Adds variables of the form "NAME=VALUE", or replaces them.
void add_variables(const std::vector<std::string>& lines, std::map<std::string, std::string>& into);

/// The number of a signal that is named "SIGQUIT", "QUIT" or "3"; empty for what is none.
std::optional<int> signal_from_text(std::string_view text);

}  // namespace flatlan::pod
