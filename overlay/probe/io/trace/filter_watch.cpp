#include "overlay/probe/io/trace/filter_watch.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "overlay/base/bytes.hpp"
#include "overlay/linux/program.hpp"
#include "overlay/probe/trace/iptables_rules.hpp"
#include "overlay/probe/trace/rule_mend.hpp"
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

WhichPacket which(const Trail& trail, std::span<const std::byte> network_header,
                  std::span<const std::byte> transport_header) {
    constexpr std::size_t kKindAt = 16;  // behind UDP's or ICMP's eight octets and the tag
    constexpr std::uint8_t kEchoReply = 0;
    constexpr std::uint8_t kEchoReply6 = 129;
    constexpr std::uint8_t kUdp = 17;
    ByteReader ip{network_header};
    const bool ipv4 = (ip.u8() >> 4U) == 4;
    const auto protocol = [&] {
        ByteReader in{network_header};
        in.take(ipv4 ? 9 : 6);
        return in.u8();
    }();
    ByteReader in{transport_header};
    const std::uint16_t first = in.u16();
    const std::uint16_t second = in.u16();
    if (protocol == kUdp && second == trail.tunnel_port.value()) {
        ByteReader addresses{network_header};
        addresses.take(ipv4 ? 12 : 8);
        const auto next = [&] {
            if (ipv4) return IpAddress{Ipv4Address{addresses.u32()}};
            const std::uint64_t high = addresses.u64();
            return IpAddress{Ipv6Address::from_halves(high, addresses.u64())};
        };
        // One of the two may have been rewritten.
        const bool from_near = next() == trail.near_endpoint;
        const bool to_near = next() == trail.near_endpoint;
        return {to_near && !from_near ? PacketKind::answer : PacketKind::request, true};
    }
    bool answer = false;
    if (trail.protocol == probe::Protocol::icmp) {
        const auto type = static_cast<std::uint8_t>(first >> 8U);
        answer = type == (ipv4 ? kEchoReply : kEchoReply6);
    } else if (trail.protocol == probe::Protocol::udp) {
        answer = transport_header.size() > kKindAt &&
                 transport_header[kKindAt] == static_cast<std::byte>(PacketKind::answer);
    } else {
        answer = first != trail.source.value() && second != trail.destination.value();
    }
    return {answer ? PacketKind::answer : PacketKind::request, false};
}

std::string table_of(const NftTraceEvent& event) { return event.family + " " + event.table; }

/// The end of a chain, which some kernels tell as a rule without a handle, and the tunnel's own
/// counters, which every packet meets.
bool says_nothing(const NftTraceEvent& event) {
    const bool is_rule = event.kind == NftTraceEvent::Kind::rule;
    return event.kind == NftTraceEvent::Kind::chain_end || (is_rule && event.handle == 0) ||
           (event.kind == NftTraceEvent::Kind::policy && !event.drops) ||
           (table_of(event) == kTunnelFilter && !event.drops);
}

/// Of an IPv6 packet without extension headers, as those of a trace are.
std::size_t ip_header_bytes(std::span<const std::byte> packet) {
    if (packet.empty()) return 0;
    const auto first = std::to_integer<unsigned>(packet[0]);
    const std::size_t bytes = (first >> 4U) == 4 ? (first & 0xfU) * 4 : 40;
    return std::min(bytes, packet.size());
}

}  // namespace

Result<std::optional<FilterWatch>> FilterWatch::open(PlaceId place, const Namespace& network,
                                                     const Trail& trail) {
    std::optional<FilterWatch> watch;
    FLATLAN_TRY(has_filter, has_packet_filter(network));
    FLATLAN_TRY(iptables, list_iptables(network));
    if (!has_filter && iptables.empty()) return watch;
    FLATLAN_TRY(events, NftTrace::open(network));
    FLATLAN_TRY(filters, Nftables::open(network));
    auto added = filters.run(table_text(trail));
    if (!added) return std::move(added).error().within("trace the packet filter");
    watch.emplace(FilterWatch{place, network, std::move(filters), std::move(events), trail});
    if (iptables.empty()) return watch;
    // The trace goes on without: most faults are found by what else it sees.
    if (auto traced = IptablesTrace::open(network))
        watch->iptables_.emplace(std::move(traced).value());
    else
        watch->trouble_ =
            "rules of iptables-legacy were not watched: " + traced.error().to_string();
    return watch;
}

void FilterWatch::read() {
    for (NftTraceEvent& event : events_.read())
        if (event.table != table_name(trail_)) read_.push_back(std::move(event));
    if (iptables_) std::ranges::move(iptables_->read(), std::back_inserter(read_iptables_));
}

Result<std::vector<RuleMet>> FilterWatch::finish() {
    read();
    FLATLAN_TRY(removed, filters_.run("delete table inet " + table_name(trail_)));
    static_cast<void>(removed);
    return look();
}

Result<std::vector<RuleMet>> FilterWatch::look() {
    read();
    FLATLAN_TRY(met, met_in_iptables());
    FLATLAN_TRY(more, met_in_nftables());
    std::ranges::move(more, std::back_inserter(met));
    return std::move(met);
}

Result<std::vector<RuleMet>> FilterWatch::met_in_nftables() {
    std::vector<RuleMet> met;
    // Only the tables that were met: a thousand nodes have large ones.
    std::map<std::string, Ruleset> tables;
    std::map<std::uint32_t, WhichPacket> packets;
    for (const NftTraceEvent& event : read_) {
        if (!event.network_header.empty())
            packets[event.packet] = which(trail_, event.network_header, event.transport_header);
        if (says_nothing(event)) continue;
        const auto [rules, is_new] = tables.try_emplace(table_of(event));
        if (is_new) {
            FLATLAN_TRY(listing, filters_.run("list table " + table_of(event)));
            rules->second = Ruleset::from_text(listing);
        }
        const bool by_policy = event.kind == NftTraceEvent::Kind::policy;
        const WhichPacket packet = packets[event.packet];
        const std::string chain = table_of(event) + " " + event.chain;
        RuleMet each{.place = place_, .chain = chain, .rule = {}, .mend = {}};
        each.kind = packet.kind;
        each.outer = packet.outer;
        each.effect = event.drops     ? RuleEffect::drops
                      : event.accepts ? RuleEffect::accepts
                                      : RuleEffect::goes_on;
        each.rule = by_policy
                        ? "policy drop"
                        : std::string{rules->second.rule(event.family, event.table, event.handle)};
        each.mend = by_policy ? mend_policy(chain) : mend_rule(chain, event.handle);
        met.push_back(std::move(each));
    }
    return met;
}

Result<std::vector<RuleMet>> FilterWatch::met_in_iptables() {
    std::vector<RuleMet> met;
    std::map<std::pair<IpFamily, std::string>, IptablesRules> tables;
    for (const IptablesEvent& event : read_iptables_) {
        const std::string tool =
            event.family == IpFamily::ipv4 ? "iptables-legacy" : "ip6tables-legacy";
        const auto [at, is_new] = tables.try_emplace({event.family, event.table});
        if (is_new) {
            FLATLAN_TRY(listing, run_program(*network_, {tool + "-save", "-t", event.table}));
            at->second = IptablesRules::from_text(listing);
        }
        const std::string_view policy = at->second.policy(event.chain);
        if (event.policy && policy != "DROP") continue;
        const std::size_t header_bytes = ip_header_bytes(event.packet);
        const WhichPacket packet =
            which(trail_, event.packet, std::span{event.packet}.subspan(header_bytes));
        RuleMet each{.place = place_,
                     .chain = tool + " " + event.table + " " + event.chain,
                     .rule = event.policy ? "policy DROP"
                                          : std::string{at->second.rule(event.chain, event.number)},
                     .mend = {}};
        each.mend = event.policy ? mend_policy(each.chain) : mend_rule(each.chain, event.number);
        each.kind = packet.kind;
        each.outer = packet.outer;
        each.effect = event.policy ? RuleEffect::drops : effect_of_rule(each.rule);
        met.push_back(std::move(each));
    }
    return met;
}

}  // namespace flatlan::trace
