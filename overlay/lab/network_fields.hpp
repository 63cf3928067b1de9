#pragma once

#include <vector>

#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/yaml_field.hpp"

/// The parts of a Lab document that are prefixes and addresses.
namespace flatlan::lab {

/// A list of one or two prefixes, one for each family, for hosts to have addresses in: not
/// loopback, link-local, multicast and the like.
Result<std::vector<IpPrefix>> read_prefixes(const YamlField& list);
/// A node's own underlay addresses: one or two, one for each family.
Result<IpAddresses> read_addresses(const YamlField& list);

/// spec.podCIDRs, spec.blockSize and spec.underlay.cidrs, with their defaults.
Result<void> read_networks(const YamlField& spec, LabSpec& into,
                           std::vector<std::string>& warnings);

}  // namespace flatlan::lab
