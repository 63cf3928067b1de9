#pragma once

#include <span>
#include <string>

#include "overlay/probe/member.hpp"

namespace flatlan::probe {

/// The first member of that name or address; "web" also finds "default/web". Error
/// invalid_argument when there is none: the nearest names are expected.
Result<MemberId> find_member(std::span<const Member> members, const std::string& name);

}  // namespace flatlan::probe
