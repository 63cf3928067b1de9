#pragma once

#include <filesystem>

#include "overlay/base/result.hpp"
#include "tools/doctor/node_facts.hpp"
#include "tools/doctor/node_report.hpp"

namespace flatlan::doctor {

/// Looks at the network namespace in which the calling thread is, and at the node that its daemon
/// wrote to `node_file`. Changes nothing there; one ARP probe is sent. The process must have one
/// thread. Errors: forbidden without the rights of an administrator; corrupt or unsupported for a
/// node file that cannot be read.
Result<NodeFacts> collect_facts(const std::filesystem::path& node_file);

/// The same, judged.
Result<NodeReport> examine_node(const std::filesystem::path& node_file);

// Parts of collecting, each a file.
Result<void> read_network(NodeFacts& facts);
void read_filters(NodeFacts& facts);
void read_host(NodeFacts& facts);
/// Packets of TCP and UDP that came with a wrong checksum since the start of this namespace.
std::uint64_t count_wrong_checksums();

}  // namespace flatlan::doctor
