#pragma once

#include <span>
#include <string>

#include "overlay/probe/judge.hpp"
#include "overlay/probe/member.hpp"

namespace flatlan::probe {

/// What was seen of a failed check, for people: "default/web to default/db, UDP over IPv4:
/// default/db saw 10.244.0.2:40000 as 172.31.0.1:40000". One clause without a full stop.
std::string evidence_words(std::span<const Member> members, const Failure& failure);

/// Where it went wrong, as far as the tester can tell: a member's name, or the address of who
/// refused it; empty when nobody can tell.
std::string hop_of(std::span<const Member> members, const Failure& failure);

}  // namespace flatlan::probe
