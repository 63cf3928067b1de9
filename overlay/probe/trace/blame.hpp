#pragma once

#include "overlay/probe/trace/expected.hpp"

/// Why a place does not send a packet where it should: faults, found in the place's tables.
namespace flatlan::trace {

/// The place drops what it should forward or take: of `answer` the kernel's outcome is not what it
/// should be.
Result<Fault> blame_refusal(const Ground& ground, const Passage& at, const RouteAnswer& answer);

/// The kernel sends it by `used`, which is not the link that leads there.
Result<Fault> blame_detour(const Ground& ground, const Passage& at, const RouteAnswer& answer,
                           const LinkFacts& used);

/// A link that should carry packets and does not; nothing when it does.
Result<std::optional<Fault>> blame_link(const Ground& ground, PlaceId place, const LinkFacts& link);

/// The place does not forward what comes in by `input`; nothing when it does.
Result<std::optional<Fault>> blame_forwarding(const Ground& ground, const Passage& at,
                                              const LinkFacts& input);

/// A filter by source that drops the packet at its entry (RFC 3704), or a place that has the
/// packet's source for its own; nothing when there is none.
Result<std::optional<Fault>> blame_source_check(const Ground& ground, const Passage& at,
                                                const LinkFacts& input);

/// The packet ends at a place that has its destination though it should not.
Fault blame_duplicate(const Ground& ground, const Passage& at, const PlaceFacts& facts,
                      const IpAddress& address);

/// The place that should have the destination has not.
Result<Fault> blame_missing_address(const Ground& ground, const Passage& at);

}  // namespace flatlan::trace
