#pragma once

#include "overlay/probe/trace/conclude.hpp"

namespace flatlan::trace {

/// What became of the large packet: nothing when it arrived and was answered, when none was sent,
/// or when the sender was told that it was too large, as it should be (RFC 1191, RFC 8201).
std::optional<Fault> judge_large(const Case& asked);

}  // namespace flatlan::trace
