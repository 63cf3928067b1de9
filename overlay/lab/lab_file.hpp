#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

/// What a lab file says, and what of it is not done by this version: one sentence each, with its
/// place.
struct LabFile {
    LabSpec spec;
    std::vector<std::string> warnings;
    std::string file;  ///< what it is called in messages
    std::string text;  ///< as it was read, for who has to read it again (POST /v1/apply)
};

/// Reads a lab file's text: one document of kind Lab, any number of Kubernetes manifests.
/// `file` is its name in messages. Error invalid_argument with file, line and what would be right.
Result<LabFile> parse_lab_file(std::string_view text, const std::string& file);

/// The same from disk; "-" is standard input.
Result<LabFile> read_lab_file(const std::string& path);

}  // namespace flatlan::lab
