#include "overlay/control/records.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

namespace flatlan::control {
namespace {

constexpr unsigned kVersion = 1;

/// Writes a record: its head, then a line for each field.
class RecordWriter {
public:
    explicit RecordWriter(std::string_view kind) {
        text_.append("flatlan ").append(kind).append(" ").append(std::to_string(kVersion));
        text_.append("\n");
    }
    RecordWriter& field(std::string_view word, std::string_view value) {
        text_.append(word).append(" ").append(value).append("\n");
        return *this;
    }
    RecordWriter& addresses(std::string_view word, const IpAddresses& addresses) {
        if (addresses.ipv4) field(word, to_string(*addresses.ipv4));
        if (addresses.ipv6) field(word, to_string(*addresses.ipv6));
        return *this;
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

Error corrupt(std::string_view kind, const std::string& what) {
    return Error{ErrorCode::corrupt, std::string{kind} + " record: " + what};
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Takes a record apart. `kind` outlives it, and so does the text.
class RecordReader {
public:
    static Result<RecordReader> from(std::string_view kind, std::string_view text) {
        RecordReader reader{kind};
        const std::string_view head = take_line(text);
        const std::string begin = "flatlan " + std::string{kind} + " ";
        const auto version =
            head.starts_with(begin) ? number(head.substr(begin.size())) : std::nullopt;
        if (!version || *version == 0) return corrupt(kind, "it does not begin as one");
        if (*version > kVersion)
            return Error{ErrorCode::unsupported,
                         std::string{kind} + " record of version " + std::to_string(*version)}
                .expecting("version " + std::to_string(kVersion) + ", or a newer flatlan");
        while (!text.empty()) {
            const std::string_view line = take_line(text);
            const std::size_t space = line.find(' ');
            if (space == line.npos) return corrupt(kind, "'" + std::string{line} + "' is no field");
            reader.fields_.push_back({line.substr(0, space), line.substr(space + 1)});
        }
        return reader;
    }

    /// The values of all fields of that word.
    std::vector<std::string_view> all(std::string_view word) const {
        std::vector<std::string_view> values;
        for (const auto& [name, value] : fields_)
            if (name == word) values.push_back(value);
        return values;
    }
    /// The value of the one field of that word.
    Result<std::string_view> one(std::string_view word) const {
        const auto values = all(word);
        if (values.size() == 1) return values.front();
        return wrong(word, values.empty() ? "is missing" : "is there twice");
    }
    /// The one field of that word, as an unsigned number.
    Result<std::uint64_t> number_of(std::string_view word) const {
        FLATLAN_TRY(text, one(word));
        if (const auto value = number(text)) return *value;
        return wrong(word, "is no number");
    }
    /// The one field of that word as `parse` reads it.
    template <typename Parse>
    auto parsed(std::string_view word, Parse parse) const -> decltype(parse(std::string_view{})) {
        FLATLAN_TRY(text, one(word));
        auto value = parse(text);
        if (!value) return wrong(word, value.error().text());
        return value;
    }
    Error wrong(std::string_view word, const std::string& what) const {
        return corrupt(kind_, "field '" + std::string{word} + "' " + what);
    }

private:
    explicit RecordReader(std::string_view kind) : kind_{kind} {}
    static std::string_view take_line(std::string_view& text) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        return line;
    }

    std::string_view kind_;
    std::vector<std::pair<std::string_view, std::string_view>> fields_;
};

/// "PREFIX BLOCK-LENGTH".
Result<ipam::PoolSpec> pool_from_text(std::string_view text) {
    const std::size_t space = text.find(' ');
    FLATLAN_TRY(cluster, IpPrefix::from_text(text.substr(0, space)));
    const auto length = space == text.npos ? std::nullopt : number(text.substr(space + 1));
    if (!length || *length > std::numeric_limits<unsigned>::max())
        return Error{ErrorCode::invalid_argument, "has no block length"};
    return ipam::PoolSpec::from(cluster, static_cast<unsigned>(*length));
}

}  // namespace

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
    for (const ipam::PoolSpec& pool : cluster.pools.pools())
        writer.field("pool",
                     to_string(pool.cluster()) + " " + std::to_string(pool.block_length_bits()));
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
    return ClusterRecord{{vni, port, mtu, std::move(prefixes)}, std::move(pools).value()};
}

}  // namespace flatlan::control
