#include "overlay/probe/io/trace/filter_watch.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "overlay/base/bytes.hpp"
#include "overlay/probe/trace/ruleset.hpp"

namespace flatlan::trace {
namespace {

/// Before all others that nft(8) has names for; raw, the earliest, has -300.
constexpr std::string_view kPriority = "-450";

/// Octets of what a tunnel puts in front of the inner transport header, counted from the outer
/// one: UDP 8, VXLAN 8, Ethernet 14, then IPv4 20 or IPv6 40.
constexpr unsigned kInnerTransportIpv4 = 50;
constexpr unsigned kInnerTransportIpv6 = 70;

std::string hex(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

/// "@th,64,64 0x1234", at so many octets from the transport header.
std::string octets_are(unsigned at, unsigned count, std::uint64_t value) {
    return "@th," + std::to_string(at * 8) + "," + std::to_string(count * 8) + " " + hex(value);
}

/// What a packet of the trace has at its transport header, which begins at `at`.
std::vector<std::string> marks(const Trail& trail, unsigned at) {
    if (trail.protocol != probe::Protocol::tcp) return {octets_are(at + 8, 8, trail.tag)};
    const auto near = trail.source.value();
    const auto far = trail.destination.value();
    return {octets_are(at, 2, near), octets_are(at, 2, far), octets_are(at + 2, 2, near),
            octets_are(at + 2, 2, far)};
}

std::string rules_of(const Trail& trail) {
    std::string rules;
    const std::string own = trail.protocol == probe::Protocol::tcp ? "meta l4proto tcp " : "";
    for (const std::string& mark : marks(trail, 0))
        rules += own + mark + " meta nftrace set 1\n";
    const std::string tunnel = "udp dport " + std::to_string(trail.tunnel_port.value()) + " ";
    for (const unsigned at : {kInnerTransportIpv4, kInnerTransportIpv6})
        for (const std::string& mark : marks(trail, at))
            rules += tunnel + mark + " meta nftrace set 1\n";
    return rules;
}

std::string table_name(const Trail& trail) { return "flatlan-trace-" + hex(trail.tag).substr(2); }

std::string table_text(const Trail& trail) {
    std::string text = "table inet " + table_name(trail) + " {\nflags owner;\n";
    for (const char* const hook : {"prerouting", "output"})
        text += std::string{"chain "} + hook + " {\ntype filter hook " + hook + " priority " +
                std::string{kPriority} + ";\n" + rules_of(trail) + "}\n";
    return text + "}\n";
}

/// Which packet of the trace it is, by the start of its headers.
struct WhichPacket {
    PacketKind kind = PacketKind::request;
    bool outer = false;
};

WhichPacket which(const Trail& trail, const NftTraceEvent& event) {
    constexpr std::size_t kKindAt = 16;  // behind UDP's or ICMP's eight octets and the tag
    constexpr std::uint8_t kEchoReply = 0;
    constexpr std::uint8_t kEchoReply6 = 129;
    constexpr std::uint8_t kUdp = 17;
    ByteReader ip{event.network_header};
    const bool ipv4 = (ip.u8() >> 4U) == 4;
    const auto protocol = [&] {
        ByteReader in{event.network_header};
        in.take(ipv4 ? 9 : 6);
        return in.u8();
    }();
    ByteReader in{event.transport_header};
    const std::uint16_t first = in.u16();
    const std::uint16_t second = in.u16();
    if (protocol == kUdp && second == trail.tunnel_port.value()) {
        ByteReader source{event.network_header};
        source.take(ipv4 ? 12 : 8);
        const auto source_ipv6 = [&] {
            const std::uint64_t high = source.u64();
            return Ipv6Address::from_halves(high, source.u64());
        };
        const IpAddress from =
            ipv4 ? IpAddress{Ipv4Address{source.u32()}} : IpAddress{source_ipv6()};
        return {from == trail.near_endpoint ? PacketKind::request : PacketKind::answer, true};
    }
    bool answer = false;
    if (trail.protocol == probe::Protocol::icmp) {
        const auto type = static_cast<std::uint8_t>(first >> 8U);
        answer = type == (ipv4 ? kEchoReply : kEchoReply6);
    } else if (trail.protocol == probe::Protocol::udp) {
        answer = event.transport_header.size() > kKindAt &&
                 event.transport_header[kKindAt] == static_cast<std::byte>(PacketKind::answer);
    } else {
        answer = first != trail.source.value() && second != trail.destination.value();
    }
    return {answer ? PacketKind::answer : PacketKind::request, false};
}

}  // namespace

Result<std::optional<FilterWatch>> FilterWatch::open(PlaceId place, const Namespace& network,
                                                     const Trail& trail) {
    std::optional<FilterWatch> watch;
    FLATLAN_TRY(has_filter, has_packet_filter(network));
    if (!has_filter) return watch;
    FLATLAN_TRY(events, NftTrace::open(network));
    FLATLAN_TRY(filters, Nftables::open(network));
    auto added = filters.run(table_text(trail));
    if (!added) return std::move(added).error().within("trace the packet filter");
    watch = FilterWatch{place, std::move(filters), std::move(events), trail};
    return watch;
}

void FilterWatch::read() {
    for (NftTraceEvent& event : events_.read())
        if (event.table != table_name(trail_)) read_.push_back(std::move(event));
}

bool FilterWatch::has_drop() {
    read();
    return std::ranges::any_of(read_, &NftTraceEvent::drops);
}

Result<std::vector<RuleMet>> FilterWatch::finish() {
    read();
    FLATLAN_TRY(removed, filters_.run("delete table inet " + table_name(trail_)));
    static_cast<void>(removed);
    std::vector<RuleMet> met;
    if (read_.empty()) return met;
    FLATLAN_TRY(listing, filters_.run("list ruleset"));
    const Ruleset rules = Ruleset::from_text(listing);
    std::map<std::uint32_t, WhichPacket> packets;
    for (const NftTraceEvent& event : read_) {
        if (!event.network_header.empty()) packets[event.packet] = which(trail_, event);
        if (event.kind == NftTraceEvent::Kind::chain_end) continue;
        const bool by_policy = event.kind == NftTraceEvent::Kind::policy;
        if (by_policy && !event.drops) continue;
        const WhichPacket packet = packets[event.packet];
        const std::string chain = event.family + " " + event.table + " " + event.chain;
        RuleMet each{.place = place_, .chain = chain, .rule = {}, .mend = {}};
        each.kind = packet.kind;
        each.outer = packet.outer;
        each.effect = event.drops     ? RuleEffect::drops
                      : event.accepts ? RuleEffect::accepts
                                      : RuleEffect::goes_on;
        each.rule = by_policy ? "policy drop"
                              : std::string{rules.rule(event.family, event.table, event.handle)};
        each.mend = by_policy
                        ? "nft 'add chain " + chain + " { policy accept; }'"
                        : "nft delete rule " + chain + " handle " + std::to_string(event.handle);
        met.push_back(std::move(each));
    }
    return met;
}

}  // namespace flatlan::trace
