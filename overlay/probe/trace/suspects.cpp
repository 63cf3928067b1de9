#include "overlay/probe/trace/suspects.hpp"

#include <algorithm>
#include <array>

namespace flatlan::trace {
namespace {

using probe::Verdict;

constexpr std::array<std::string_view, 5> kRewritingWords{"masquerade", "snat", "dnat", "redirect",
                                                          "addr set"};
constexpr std::array<std::string_view, 3> kTtlWords{"ttl set", "hoplimit set", "TTL"};
constexpr std::array<std::string_view, 2> kChecksumWords{"checksum set", "@th"};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char letter) {
        return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    });
    return text;
}

/// The ports of ICMP say nothing, and the first packet has what the trace sent.
std::string text_of(const Endpoint& end) {
    return end.port == Port::any() ? to_string(end.address) : to_string(end);
}

}  // namespace

Suspects::Suspects(const Case& asked, PacketKind kind)
    : asked_{asked},
      kind_{kind},
      source_{kind == PacketKind::request ? asked.flow.source : asked.flow.destination,
              Port::any()},
      destination_{kind == PacketKind::request ? asked.flow.destination : asked.flow.source,
                   Port::any()} {
    for (const Sighting& sighting : asked.seen.sightings)
        if (sighting.packet.kind == kind) seen_.push_back(&sighting);
    if (!seen_.empty()) {
        source_.port = seen_.front()->packet.source.port;
        destination_.port = seen_.front()->packet.destination.port;
    }
}

std::string Suspects::run_at(PlaceId place, const std::string& command) const {
    const std::string& prefix = asked_.atlas.at(place).command_prefix;
    return prefix.empty() || command.empty() ? command : prefix + " " + command;
}

const RuleMet* Suspects::rule_with(PlaceId place, std::span<const std::string_view> words) const {
    const RuleMet* found = nullptr;
    for (const RuleMet& met : asked_.seen.rules) {
        if (met.place != place || met.kind != kind_) continue;
        const std::string text = lower(met.rule);
        if (std::ranges::any_of(words, [&](std::string_view word) {
                return text.find(lower(std::string{word})) != std::string::npos;
            }))
            found = &met;
    }
    return found;
}

std::optional<Fault> Suspects::mangled(const char* what, Verdict verdict, PlaceId place,
                                       std::span<const std::string_view> words) const {
    Fault fault{verdict, place, name(place) + " " + what, {}, {}};
    if (const RuleMet* const met = rule_with(place, words)) {
        fault.evidence.push_back("rule of " + met->chain + " in " + name(place) + ": " + met->rule);
        fault.mend = run_at(place, met->mend);
    }
    return fault;
}

std::optional<Fault> Suspects::rewriting() const {
    // What somebody changes is seen where it was changed, or, changed on entry, at the next place.
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const SeenPacket& packet = seen_[i]->packet;
        const bool source = packet.source != source_;
        const bool destination = packet.destination != destination_;
        if (!source && !destination) continue;
        PlaceId place = seen_[i]->place;
        const bool came_changed = i > 0 && seen_[i - 1]->place != place && !seen_[i]->outgoing;
        if (came_changed && rule_with(place, kRewritingWords) == nullptr)
            place = seen_[i - 1]->place;
        auto fault = source ? mangled("changes the source of packets", Verdict::source_rewritten,
                                      place, kRewritingWords)
                            : mangled("changes the destination of packets",
                                      Verdict::destination_rewritten, place, kRewritingWords);
        fault->evidence.insert(
            fault->evidence.begin(),
            (source ? text_of(source_) + " became " + text_of(packet.source)
                    : text_of(destination_) + " became " + text_of(packet.destination)) +
                ", seen on " + seen_[i]->device + " of " + name(seen_[i]->place));
        return fault;
    }
    // Changed on its way in and taken at once: no device shows it, the rule does.
    // Whoever took it in another's place may have answered.
    const PlaceId goal = kind_ == PacketKind::request ? asked_.flow.to : asked_.flow.from;
    const Trial& small = asked_.seen.small;
    const bool lost = (kind_ == PacketKind::request ? small.arrived : small.answered) < small.sent;
    if (lost && rule_with(goal, kRewritingWords) != nullptr)
        return mangled("changes the destination of packets", Verdict::destination_rewritten, goal,
                       kRewritingWords);
    for (const RuleMet& met : asked_.seen.rules) {
        const std::string text = lower(met.rule);
        const bool redirects =
            text.find("dnat") != std::string::npos || text.find("redirect") != std::string::npos;
        if (met.kind == kind_ && redirects && lost)
            return mangled("changes the destination of packets", Verdict::destination_rewritten,
                           met.place, kRewritingWords);
    }
    return std::nullopt;
}

std::optional<Fault> Suspects::dropping_rule() const {
    for (const RuleMet& met : asked_.seen.rules) {
        if (met.effect != RuleEffect::drops || met.kind != kind_) continue;
        const std::string& where = name(met.place);
        const std::string evidence = "rule of " + met.chain + " in " + where + ": " + met.rule;
        if (met.chain.starts_with(kTunnelFilter)) return rejected_sender(met.place, evidence);
        return Fault{
            met.outer ? Verdict::tunnel_port_blocked : Verdict::filtered,
            met.place,
            "a rule of " + where + " drops " + (met.outer ? "the tunnel's packets" : "the packets"),
            {evidence},
            run_at(met.place, met.mend)};
    }
    return std::nullopt;
}

std::optional<Fault> Suspects::rejected_by_tunnel() const {
    static constexpr std::array<std::string_view, 2> kRejections{"unknown_endpoint",
                                                                 "foreign_source"};
    const PlaceId goal = kind_ == PacketKind::request ? asked_.flow.to : asked_.flow.from;
    const PlaceId node = asked_.atlas.node_of(goal);
    const auto grew = std::ranges::find_if(asked_.seen.counters, [&](const CounterGrowth& each) {
        return each.place == node && each.name.starts_with(kTunnelDrops) &&
               std::ranges::find(kRejections, each.name.substr(kTunnelDrops.size())) !=
                   kRejections.end();
    });
    if (grew == asked_.seen.counters.end()) return std::nullopt;
    return rejected_sender(
        node, grew->name + " of " + name(node) + " grew by " + std::to_string(grew->by));
}

Fault Suspects::rejected_sender(PlaceId node, std::string evidence) const {
    Fault fault{Verdict::sender_rejected,
                node,
                "the tunnel of " + name(node) + " does not take what comes from that sender",
                {std::move(evidence)},
                asked_.atlas.repair_command};
    for (const RuleMet& met : asked_.seen.rules)
        if (met.outer && met.kind == kind_ && !met.chain.starts_with(kTunnelFilter)) {
            fault.evidence.push_back("the tunnel's packets met the rule of " + met.chain + " in " +
                                     name(met.place) + ": " + met.rule);
            if (!met.mend.empty()) fault.mend = run_at(met.place, met.mend);
        }
    return fault;
}

std::optional<Fault> Suspects::expired() const {
    constexpr std::uint8_t kExpired = 11;  // ICMP time exceeded (RFC 792)
    constexpr std::uint8_t kExpired6 = 3;  // ICMPv6 (RFC 4443, section 3.3)
    const Sighting* const at = last();
    const auto told = std::ranges::find_if(asked_.seen.sightings, [&](const Sighting& sighting) {
        const SeenPacket& packet = sighting.packet;
        return packet.kind == PacketKind::error &&
               packet.error_type == (packet.source.address.is_ipv4() ? kExpired : kExpired6);
    });
    const PlaceId goal = kind_ == PacketKind::request ? asked_.flow.to : asked_.flow.from;
    const bool ran_out = at != nullptr && at->packet.ttl <= 1 && at->place != goal;
    if (!ran_out && told == asked_.seen.sightings.end()) return std::nullopt;
    const PlaceId place = at == nullptr ? told->place : at->place;
    auto fault = mangled("drops packets whose time to live is used up", Verdict::ttl_expired, place,
                         kTtlWords);
    for (const RuleMet& met : asked_.seen.rules)
        if (fault->mend.empty() && met.kind == kind_ && rule_with(met.place, kTtlWords) != nullptr)
            fault = mangled("uses the time to live of packets up", Verdict::ttl_expired, met.place,
                            kTtlWords);
    if (at != nullptr)
        fault->evidence.push_back("a packet was last seen on " + at->device + " of " +
                                  name(at->place) + " with TTL " + std::to_string(at->packet.ttl));
    return fault;
}

std::optional<Fault> Suspects::bad_checksum() const {
    const PlaceId goal = kind_ == PacketKind::request ? asked_.flow.to : asked_.flow.from;
    const auto counted = std::ranges::find_if(asked_.seen.counters, [&](const auto& counter) {
        return counter.place == goal && counter.name.find("InCsumErrors") != std::string::npos;
    });
    if (counted == asked_.seen.counters.end() || seen_.empty()) return std::nullopt;
    // The first place that a packet left with another checksum than it came with.
    PlaceId place = goal;
    for (std::size_t i = 1; i < seen_.size(); ++i)
        if (seen_[i]->packet.checksum != seen_[0]->packet.checksum &&
            seen_[i]->packet.number == seen_[0]->packet.number) {
            place = seen_[i]->place;
            break;
        }
    for (const RuleMet& met : asked_.seen.rules)
        if (rule_with(met.place, kChecksumWords) != nullptr) place = met.place;
    auto fault =
        mangled("spoils the checksum of packets", Verdict::checksum_fault, place, kChecksumWords);
    fault->evidence.push_back(counted->name + " of " + name(goal) + " grew by " +
                              std::to_string(counted->by));
    return fault;
}

std::optional<Fault> Suspects::nobody_listens() const {
    if (asked_.seen.own_listener || !asked_.seen.refused) return std::nullopt;
    return Fault{Verdict::no_listener,
                 asked_.flow.to,
                 "nobody listens at that port of " + name(asked_.flow.to),
                 {name(asked_.flow.to) + " refused it"},
                 {}};
}

std::optional<Fault> Suspects::lost_between_nodes() const {
    const Sighting* const at = last();
    const bool request = kind_ == PacketKind::request;
    const Atlas& atlas = asked_.atlas;
    const PlaceId near = atlas.node_of(request ? asked_.flow.from : asked_.flow.to);
    const PlaceId far = atlas.node_of(request ? asked_.flow.to : asked_.flow.from);
    if (atlas.underlay || near == far || at == nullptr || at->place != near || !at->outgoing)
        return std::nullopt;
    // What was not seen as a packet of the tunnel may never have left the machine.
    const bool carried = at->packet.outer || atlas.at(near).carrier == Carrier::plain;
    if (!carried) return std::nullopt;
    Fault fault = vanished();
    fault.verdict = Verdict::underlay_unreachable;
    fault.reason = (request ? "what " : "the answer that ") + name(near) + " sends to " +
                   name(far) + " leaves by " + at->device + " and does not come to it";
    if (at->packet.outer_source && at->packet.outer_destination)
        fault.evidence.insert(fault.evidence.begin(),
                              "seen on " + at->device + " of " + name(near) + ", from " +
                                  to_string(*at->packet.outer_source) + " to " +
                                  to_string(*at->packet.outer_destination) +
                                  ", and on no device of " + name(far));
    else
        fault.evidence.insert(fault.evidence.begin(), "last seen on " + at->device + " of " +
                                                          name(near) + ", and on no device of " +
                                                          name(far));
    return fault;
}

Fault Suspects::vanished() const {
    const Sighting* const at = last();
    const PlaceId start = kind_ == PacketKind::request ? asked_.flow.from : asked_.flow.to;
    const PlaceId place = at == nullptr ? start : at->place;
    const std::string what = kind_ == PacketKind::request ? "the packet" : "its answer";
    Fault fault{Verdict::unknown, place, {}, {}, {}};
    fault.reason = at == nullptr
                       ? what + " was seen on no device, beginning with those of " + name(start)
                       : what + " was last seen " + (at->outgoing ? "leaving " : "coming into ") +
                             name(place) + " by " + at->device;
    for (const CounterGrowth& counter : asked_.seen.counters)
        if (counter.place == place)
            fault.evidence.push_back(counter.name + " of " + name(place) + " grew by " +
                                     std::to_string(counter.by));
    for (const RuleMet& met : asked_.seen.rules)
        if (met.place == place)
            fault.evidence.push_back("it met the rule of " + met.chain + ": " + met.rule);
    return fault;
}

}  // namespace flatlan::trace
