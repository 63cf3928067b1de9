#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Commands that take away what a packet filter does to packets. `chain` is that of RuleMet: "inet
/// guard input", "iptables-legacy filter FORWARD". A chain whose names no filter's own tool takes
/// as they stand has no such command: it is empty.
namespace flatlan::trace {

/// Deletes a rule, by its handle (nft) or its number in the chain (iptables).
std::string mend_rule(std::string_view chain, std::uint64_t number);

/// Has a chain accept what none of its rules decides.
std::string mend_policy(std::string_view chain);

/// Whether it is one of those for that chain: what another machine gives for one may be any
/// command.
bool is_mend_of(std::string_view chain, std::string_view mend);

}  // namespace flatlan::trace
