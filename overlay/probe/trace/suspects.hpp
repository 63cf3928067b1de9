#pragma once

#include <span>
#include <string_view>

#include "overlay/probe/trace/conclude.hpp"

namespace flatlan::trace {

/// What real packets of one direction betray.
class Suspects {
public:
    Suspects(const Case& asked, PacketKind kind);

    /// Somebody changed an address or a port of theirs.
    std::optional<Fault> rewriting() const;
    /// A rule of a packet filter dropped one.
    std::optional<Fault> dropping_rule() const;
    /// The tunnel's far end does not take what the near one sends.
    std::optional<Fault> rejected_by_tunnel() const;
    /// The time to live ran out.
    std::optional<Fault> expired() const;
    /// They arrived and were thrown away for their checksum.
    std::optional<Fault> bad_checksum() const;
    /// They arrived and nobody took them.
    std::optional<Fault> nobody_listens() const;
    /// They left one node and did not come to the other, and nobody can look between them.
    std::optional<Fault> lost_between_nodes() const;
    /// Nobody knows why: `unknown`, with where one was last seen.
    Fault vanished() const;

private:
    /// That check of senders found one that it does not know, or that sends what is not its.
    Fault rejected_sender(PlaceId node, std::string evidence) const;
    const std::string& name(PlaceId place) const { return asked_.atlas.at(place).name; }
    std::string run_at(PlaceId place, const std::string& command) const;
    /// The last rule that the packets met in the place and whose text has one of the words.
    const RuleMet* rule_with(PlaceId place, std::span<const std::string_view> words) const;
    std::optional<Fault> mangled(const char* what, probe::Verdict verdict, PlaceId place,
                                 std::span<const std::string_view> words) const;
    const Sighting* last() const { return seen_.empty() ? nullptr : seen_.back(); }

    const Case& asked_;
    PacketKind kind_;
    Endpoint source_;  ///< as the packets should have it; no port where any will do
    Endpoint destination_;
    std::vector<const Sighting*> seen_;  ///< of this direction, in order
};

}  // namespace flatlan::trace
