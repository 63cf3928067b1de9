#pragma once

#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/yaml_field.hpp"

namespace flatlan::lab {

inline constexpr std::string_view kLabApiVersion = "flatlan/v1";
inline constexpr std::string_view kLabKind = "Lab";

/// The document of kind Lab, read and checked in itself.
struct LabDocument {
    LabSpec spec;               ///< without pods
    std::size_t bare_pods = 0;  ///< pods.count
    SourcePlace bare_pods_place;
    std::vector<std::string> warnings;
    SourcePlace place{};                             ///< of the document
    std::vector<std::string> writable_host_paths{};  ///< what hostPath volumes may change
};

/// Reads the document whose kind is Lab. What is left out has a default (overlay/examples,
/// three-nodes.yaml names them all); what this version cannot do yet is an error that says what it
/// can.
Result<LabDocument> read_lab_document(const YamlField& root);

}  // namespace flatlan::lab
