#pragma once

#include <string>
#include <vector>

#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

/// The images on this machine that a lab's containers are made of, each once.
std::vector<std::string> images_of(const LabSpec& spec);

/// Reads what each of them says of itself, before anything is made. Error invalid_argument with the
/// image that is wrong, and why.
Result<void> check_images(const LabSpec& spec);

}  // namespace flatlan::lab
