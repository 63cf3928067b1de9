#include "tunnel/filter/filter_rules.hpp"

#include <algorithm>
#include <set>

#include "tunnel/wire/drop_reason.hpp"

namespace flatlan::tunnel {
namespace {

/// Elements that a set takes which packets fill: far more than there are nodes or blocks now, and
/// in steps, so that the table need not be made anew with each. The kernel keeps room for all of
/// them from the start (nft_rhash_init: 16 octets for each).
std::size_t room_for(std::size_t nodes_or_blocks) {
    constexpr std::size_t kSpare = 2;
    std::size_t room = 1024;
    while (room < kSpare * nodes_or_blocks)
        room *= 4;
    return room;
}

// Where fields stand behind the outer IP header, in bits: UDP 8 octets, VXLAN 8, Ethernet 14.
constexpr unsigned kUdpPortBits = 2 * 8;
constexpr unsigned kVxlanBits = 8 * 8;
constexpr unsigned kVniBits = (8 + 4) * 8;
constexpr unsigned kEtherTypeBits = (8 + 8 + 12) * 8;
constexpr unsigned kInnerBits = (8 + 8 + 14) * 8;
constexpr unsigned kSourceBits4 = kInnerBits + 12 * 8;
constexpr unsigned kSourceBits6 = kInnerBits + 8 * 8;

const char* ip_word(IpFamily family) { return family == IpFamily::ipv4 ? "ip" : "ip6"; }
const char* address_type(IpFamily family) {
    return family == IpFamily::ipv4 ? "ipv4_addr" : "ipv6_addr";
}
const char* digit(IpFamily family) { return family == IpFamily::ipv4 ? "4" : "6"; }

/// "@th,336,32": bits behind the outer IP header.
std::string raw(unsigned offset_bits, unsigned length_bits) {
    return "@th," + std::to_string(offset_bits) + ',' + std::to_string(length_bits);
}

/// Of that many bits, four to a digit.
std::string hex(Uint128 value, unsigned bits) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text = "0x";
    for (unsigned shift = bits; shift > 0; shift -= 4)
        text += kDigits[static_cast<unsigned>(value >> (shift - 4)) & 15U];
    return text;
}

/// The address as one number.
std::string number_of(const IpAddress& address) {
    return hex(address.value(), address_bits(address.family()));
}

/// The address whose first bits are set.
IpAddress mask(IpFamily family, unsigned length_bits) {
    const auto all = IpAddress::from_value(family, ~Uint128{0});
    return IpPrefix::containing(all, length_bits).address();
}

std::string counting_set(const std::string& name, IpFamily family, std::size_t room) {
    return "set " + name + " { type " + address_type(family) + "; size " + std::to_string(room) +
           "; flags dynamic; }\n";
}

std::string hook(const char* name, const std::string& rule) {
    return std::string{"chain "} + name + " { type filter hook " + name +
           " priority -10; policy accept; " + rule + "}\n";
}

/// Calls `visit` for each peer.
template <typename Visit>
void for_each_peer(const TunnelWanted& wanted, Visit visit) {
    for (const TunnelNode& node : wanted.nodes)
        if (node.name != wanted.self.name) visit(node);
}

std::size_t block_count(const TunnelWanted& wanted) {
    std::size_t count = 0;
    for_each_peer(wanted, [&](const TunnelNode& peer) { count += peer.blocks.size(); });
    return count;
}

std::string senders_set(IpFamily inner, unsigned length_bits) {
    return std::string{"senders"} + digit(inner) + '_' + std::to_string(length_bits);
}

std::string named_count(DropReason reason) {
    return "counter name " + std::string{to_string(reason)};
}

/// The rules that let through what its sender may send, and drop the rest.
std::string check_rules(const TunnelWanted& wanted, const std::string& source) {
    std::string rules;
    for (const IpFamily inner : {IpFamily::ipv4, IpFamily::ipv6}) {
        const bool ipv4 = inner == IpFamily::ipv4;
        const std::string field = raw(ipv4 ? kSourceBits4 : kSourceBits6, address_bits(inner));
        for (const unsigned length : block_lengths(wanted, inner))
            rules += raw(kEtherTypeBits, 16) + (ipv4 ? " 0x0800 " : " 0x86dd ") + source + " . (" +
                     field + " & " + number_of(mask(inner, length)) + ") @" +
                     senders_set(inner, length) + " goto passed\n";
    }
    return rules + source + " != @endpoints " + named_count(DropReason::unknown_endpoint) +
           " drop\n" + raw(kEtherTypeBits, 16) + " != { 0x0800, 0x86dd } " +
           named_count(DropReason::unknown_ether_type) + " drop\nadd @" + kForeignSet + " { " +
           source + " counter }\n" + named_count(DropReason::foreign_source) + " drop\n";
}

/// Counts by `address` in `set`, and takes the packet out of the chain.
///
/// The look-up alone counts for an element that is there. That is all that nearly every packet
/// needs, and cheaper than an `add`, which does the same but takes the set for changed.
std::string count_rules(const std::string& match, const std::string& set,
                        const std::string& address) {
    return match + address + " @" + set + " accept\n" + match + "add @" + set + " { " + address +
           " counter }\n";
}

/// "ip protocol udp @th,16,16 4789 ": the tunnel's datagrams. Of several ways to say it the one
/// with the fewest steps in the kernel, none of which is a call.
std::string datagrams_of(const TunnelWanted& wanted) {
    const bool ipv4 = wanted.self.endpoint.family() == IpFamily::ipv4;
    return std::string{ipv4 ? "ip protocol" : "meta l4proto"} + " udp " + raw(kUdpPortBits, 16) +
           ' ' + std::to_string(wanted.settings.port.value()) + ' ';
}

/// ... that are of its VNI (RFC 7348, section 5: flag I, 24 bits).
std::string of_vni(Vni vni) {
    return raw(kVxlanBits, 8) + " & 0x08 == 0x08 " + raw(kVniBits, 32) +
           " & 0xffffff00 == " + hex(Uint128{vni.value()} << 8U, 32) + ' ';
}

void add_check(FilterRules& rules, const TunnelWanted& wanted, IpFamily outer) {
    const std::size_t room = room_for(wanted.nodes.size());
    const std::string source = std::string{ip_word(outer)} + " saddr";
    rules.table += counting_set(kForeignSet, outer, room) + "set endpoints { type " +
                   address_type(outer) + "; }\n";
    for (const DropReason reason :
         {DropReason::unknown_endpoint, DropReason::unknown_ether_type, DropReason::foreign_source})
        rules.table += "counter " + std::string{to_string(reason)} + " { }\n";
    for (const IpFamily inner : {IpFamily::ipv4, IpFamily::ipv6})
        for (const unsigned length : block_lengths(wanted, inner))
            rules.table +=
                "set " + senders_set(inner, length) + " { typeof " + source + " . " +
                raw(inner == IpFamily::ipv4 ? kSourceBits4 : kSourceBits6, address_bits(inner)) +
                "; }\n";
    for_each_peer(wanted, [&](const TunnelNode& peer) {
        rules.elements.push_back({"endpoints", to_string(peer.endpoint)});
        for (const IpPrefix& block : peer.blocks)
            rules.elements.push_back(
                {senders_set(block.family(), block.length_bits()),
                 to_string(peer.endpoint) + " . " + number_of(block.address())});
    });
    std::sort(rules.elements.begin(), rules.elements.end());
}

}  // namespace

std::vector<unsigned> block_lengths(const TunnelWanted& wanted, IpFamily family) {
    std::set<unsigned> lengths;
    for_each_peer(wanted, [&](const TunnelNode& peer) {
        for (const IpPrefix& block : peer.blocks)
            if (block.family() == family) lengths.insert(block.length_bits());
    });
    return {lengths.begin(), lengths.end()};
}

std::string counted_set(const char* direction, IpFamily family, unsigned length_bits) {
    return std::string{direction} + digit(family) + '_' + std::to_string(length_bits);
}

FilterRules vxlan_filter(const TunnelWanted& wanted) {
    const bool check = wanted.settings.sender_check == SenderCheck::on;
    if (!check && wanted.settings.peer_counts == PeerCounts::off) return {};
    const IpFamily outer = wanted.self.endpoint.family();
    const std::string datagrams = datagrams_of(wanted);
    const std::string source = std::string{ip_word(outer)} + " saddr";

    FilterRules rules;
    const std::size_t room = room_for(wanted.nodes.size());
    rules.table = counting_set(kSentSet, outer, room) + counting_set(kReceivedSet, outer, room);
    for (const DropReason reason : {DropReason::vxlan_without_vni, DropReason::wrong_vni})
        rules.table += "counter " + std::string{to_string(reason)} + " { }\n";
    if (check) add_check(rules, wanted, outer);
    // What is of no tunnel of ours the device does not take; here it only counts.
    rules.table += "chain strange { " + raw(kVxlanBits, 8) + " & 0x08 != 0x08 " +
                   named_count(DropReason::vxlan_without_vni) + " accept\n" +
                   named_count(DropReason::wrong_vni) + "; }\n";
    // A set that is full ends a rule, but not the packet's way.
    rules.table += "chain passed { " + count_rules("", kReceivedSet, source) + "accept; }\n";
    constexpr std::uint64_t kVniPresent = 0x0800'0000'0000'0000;
    constexpr std::uint64_t kVniMask = 0xffff'ff00;
    rules.table +=
        "chain datagram { " + raw(kVxlanBits, 64) + " & " + hex(kVniPresent | kVniMask, 64) +
        " != " + hex(kVniPresent | Uint128{wanted.settings.vni.value()} << 8U, 64) +
        " goto strange\n" + (check ? check_rules(wanted, source) : "goto passed\n") + "}\n";
    std::string known;  // most datagrams go no further
    if (!check)
        known =
            datagrams + of_vni(wanted.settings.vni) + source + " @" + kReceivedSet + " accept\n";
    rules.table += hook("input", known + datagrams + "goto datagram\n");
    rules.table +=
        hook("output", count_rules(datagrams, kSentSet, std::string{ip_word(outer)} + " daddr"));
    return rules;
}

FilterRules direct_filter(const TunnelWanted& wanted, IfIndex device) {
    FilterRules rules;
    if (wanted.settings.peer_counts == PeerCounts::off) return rules;
    const std::size_t room = room_for(block_count(wanted));
    const auto add = [&](const char* direction, const char* field, const char* hook_name,
                         const char* interface) {
        std::string chain;
        for (const IpPrefix& prefix : wanted.settings.cluster_prefixes) {
            const std::string address = std::string{ip_word(prefix.family())} + ' ' + field;
            for (const unsigned length : block_lengths(wanted, prefix.family())) {
                const std::string set = counted_set(direction, prefix.family(), length);
                rules.table += counting_set(set, prefix.family(), room);
                chain += count_rules(address + ' ' + to_string(prefix) + ' ', set,
                                     address + " & " + to_string(mask(prefix.family(), length)));
            }
        }
        rules.table += std::string{"chain "} + direction + "_packet { " + chain + "}\n" +
                       hook(hook_name, interface + (' ' + std::to_string(device.value())) +
                                           " goto " + direction + "_packet\n");
    };
    add(kReceivedSet, "saddr", "prerouting", "iif");
    add(kSentSet, "daddr", "postrouting", "oif");
    return rules;
}

}  // namespace flatlan::tunnel
