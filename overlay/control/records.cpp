#include "overlay/control/records.hpp"

#include <limits>
#include <vector>

#include "overlay/control/record_text.hpp"

namespace flatlan::control {
namespace {

constexpr std::uint64_t kSecondsMax = 3'155'760'000;  // a hundred years

/// "PREFIX BLOCK-LENGTH".
Result<ipam::PoolSpec> pool_from_text(std::string_view text) {
    const std::size_t space = text.find(' ');
    FLATLAN_TRY(cluster, IpPrefix::from_text(text.substr(0, space)));
    const auto length = space == text.npos ? std::nullopt : number(text.substr(space + 1));
    if (!length || *length > std::numeric_limits<unsigned>::max())
        return Error{ErrorCode::invalid_argument, "has no block length"};
    return ipam::PoolSpec::from(cluster, static_cast<unsigned>(*length));
}

/// A field that need not be there.
Result<std::optional<Duration>> seconds_of(const RecordReader& reader, std::string_view word) {
    if (reader.all(word).empty()) return std::optional<Duration>{};
    FLATLAN_TRY(seconds, reader.number_of(word));
    if (seconds > kSecondsMax) return reader.wrong(word, "is more than a hundred years");
    return std::optional<Duration>{std::chrono::seconds{seconds}};
}

/// A switch (`off` or `on`) that need not be there.
template <class Switch>
Result<Switch> switch_of(const RecordReader& reader, std::string_view word, Switch otherwise) {
    if (reader.all(word).empty()) return otherwise;
    FLATLAN_TRY(value, reader.one(word));
    if (value != "on" && value != "off") return reader.wrong(word, "is neither 'on' nor 'off'");
    return value == "on" ? Switch::on : Switch::off;
}

Result<std::vector<IpPrefix>> prefixes_of(const RecordReader& reader, std::string_view word) {
    std::vector<IpPrefix> prefixes;
    for (const std::string_view value : reader.all(word)) {
        const auto prefix = IpPrefix::from_text(value);
        if (!prefix) return reader.wrong(word, prefix.error().text());
        prefixes.push_back(prefix.value());
    }
    return prefixes;
}

}  // namespace

std::string_view to_string(Borrowing borrowing) {
    return borrowing == Borrowing::none ? "none" : "idle-blocks";
}

Result<Borrowing> borrowing_from_text(std::string_view text) {
    for (const Borrowing borrowing : {Borrowing::none, Borrowing::idle_blocks})
        if (text == to_string(borrowing)) return borrowing;
    return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no way of borrowing"}
        .expecting("none or idle-blocks");
}

std::string to_record(const NodeRecord& record) {
    return RecordWriter{"node"}
        .field("name", record.node.name.text())
        .field("incarnation", std::to_string(record.incarnation.value))
        .field("endpoint", to_string(record.node.endpoint))
        .field("mac", to_string(record.node.mac))
        .addresses("overlay", record.node.overlay)
        .text();
}

Result<NodeRecord> node_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from("node", text));
    FLATLAN_TRY(name, reader.parsed("name", NodeName::from));
    FLATLAN_TRY(incarnation, reader.number_of("incarnation"));
    FLATLAN_TRY(endpoint, reader.parsed("endpoint", IpAddress::from_text));
    FLATLAN_TRY(mac, reader.parsed("mac", MacAddress::from_text));
    IpAddresses overlay;
    for (const std::string_view value : reader.all("overlay")) {
        const auto address = IpAddress::from_text(value);
        if (!address) return reader.wrong("overlay", address.error().text());
        overlay.set(address.value());
    }
    return NodeRecord{ipam::Incarnation{incarnation}, {name, endpoint, mac, overlay, {}}};
}

std::string to_record(const ipam::BlockClaim& claim) {
    const bool confirmed = claim.state == ipam::ClaimState::confirmed;
    return RecordWriter{"block"}
        .field("block", to_string(claim.block))
        .field("node", claim.owner.name.text())
        .field("incarnation", std::to_string(claim.owner.incarnation.value))
        .field("state", confirmed ? "confirmed" : "pending")
        .text();
}

Result<ipam::BlockClaim> claim_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from("block", text));
    FLATLAN_TRY(block, reader.parsed("block", IpPrefix::from_text));
    FLATLAN_TRY(node, reader.parsed("node", NodeName::from));
    FLATLAN_TRY(incarnation, reader.number_of("incarnation"));
    FLATLAN_TRY(state, reader.one("state"));
    if (state != "pending" && state != "confirmed")
        return reader.wrong("state", "is neither 'pending' nor 'confirmed'");
    return ipam::BlockClaim{
        block,
        {node, ipam::Incarnation{incarnation}},
        state == "pending" ? ipam::ClaimState::pending : ipam::ClaimState::confirmed};
}

std::string to_record(const ClusterRecord& cluster) {
    RecordWriter writer{"cluster"};
    writer.field("vni", std::to_string(cluster.tunnel.vni.value()))
        .field("port", std::to_string(cluster.tunnel.port.value()))
        .field("underlay-mtu", std::to_string(cluster.tunnel.underlay_mtu.value()));
    if (cluster.tunnel.sender_check == tunnel::SenderCheck::on) writer.field("sender-check", "on");
    if (cluster.tunnel.peer_counts == tunnel::PeerCounts::off) writer.field("peer-counts", "off");
    for (const ipam::PoolSpec& pool : cluster.pools.pools())
        writer.field("pool",
                     to_string(pool.cluster()) + " " + std::to_string(pool.block_length_bits()));
    const auto seconds = [&](std::string_view word, const std::optional<Duration>& span) {
        if (span)
            writer.field(
                word,
                std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*span).count()));
    };
    seconds("offline-max-seconds", cluster.offline_max);
    seconds("reclaim-after-seconds", cluster.reclaim_after);
    for (const IpPrefix& prefix : cluster.excluded)
        writer.field("exclude", to_string(prefix));
    for (const IpPrefix& prefix : cluster.reserved)
        writer.field("reserve", to_string(prefix));
    if (cluster.borrowing != Borrowing::none) writer.field("borrow", to_string(cluster.borrowing));
    return writer.text();
}

Result<ClusterRecord> cluster_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from("cluster", text));
    FLATLAN_TRY(vni_number, reader.number_of("vni"));
    FLATLAN_TRY(vni, Vni::from(vni_number));
    FLATLAN_TRY(port_number, reader.number_of("port"));
    FLATLAN_TRY(port, Port::from(port_number));
    FLATLAN_TRY(mtu_number, reader.number_of("underlay-mtu"));
    FLATLAN_TRY(mtu, UnderlayMtu::from(mtu_number));
    std::vector<ipam::PoolSpec> specs;
    std::vector<IpPrefix> prefixes;
    for (const std::string_view value : reader.all("pool")) {
        auto pool = pool_from_text(value);
        if (!pool) return reader.wrong("pool", pool.error().text());
        prefixes.push_back(pool.value().cluster());
        specs.push_back(pool.value());
    }
    auto pools = ipam::ClusterPools::from(std::move(specs));
    if (!pools) return reader.wrong("pool", pools.error().text());
    FLATLAN_TRY(sender_check, switch_of(reader, "sender-check", tunnel::SenderCheck::off));
    FLATLAN_TRY(peer_counts, switch_of(reader, "peer-counts", tunnel::PeerCounts::on));
    FLATLAN_TRY(offline_max, seconds_of(reader, "offline-max-seconds"));
    FLATLAN_TRY(reclaim_after, seconds_of(reader, "reclaim-after-seconds"));
    FLATLAN_TRY(excluded, prefixes_of(reader, "exclude"));
    FLATLAN_TRY(reserved, prefixes_of(reader, "reserve"));
    Borrowing borrowing = Borrowing::none;
    if (!reader.all("borrow").empty()) {
        FLATLAN_TRY(word, reader.parsed("borrow", borrowing_from_text));
        borrowing = word;
    }
    return ClusterRecord{{vni, port, mtu, std::move(prefixes), sender_check, peer_counts},
                         std::move(pools).value(),
                         offline_max,
                         reclaim_after,
                         std::move(excluded),
                         std::move(reserved),
                         borrowing};
}

}  // namespace flatlan::control
