#pragma once

#include "tools/doctor/node_facts.hpp"
#include "tools/doctor/node_report.hpp"

namespace flatlan::doctor {

/// What the facts mean for pods, and what would mend them. Pure.
NodeReport judge_node(const NodeFacts& facts);

// Its parts, each a file: what drops or changes packets, what else stands in their way, what the
// host does to the network.
void judge_filters(const NodeFacts& facts, NodeReport& report);
void judge_way(const NodeFacts& facts, NodeReport& report);
void judge_host(const NodeFacts& facts, NodeReport& report);

}  // namespace flatlan::doctor
