#include "tunnel/filter/tunnel_filter.hpp"

#include <algorithm>
#include <iterator>

#include "overlay/base/bytes.hpp"
#include "overlay/base/hash.hpp"
#include "overlay/linux/nftables/nft_counts.hpp"
#include "overlay/linux/nftables/nftables.hpp"

namespace flatlan::tunnel {
namespace {

std::string table_name() { return std::string{"inet "} + kFilterTable; }

/// The commands that add the elements to their sets, or delete them.
std::string element_commands(const char* verb, std::span<const FilterElement> elements) {
    std::string commands;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const bool first = i == 0 || elements[i - 1].set != elements[i].set;
        const bool last = i + 1 == elements.size() || elements[i + 1].set != elements[i].set;
        if (first)
            commands +=
                std::string{verb} + " element " + table_name() + ' ' + elements[i].set + " { ";
        commands += elements[i].key + (last ? " }\n" : ", ");
    }
    return commands;
}

/// By the comment a table is ours. What it was made from tells the one element of a set that is for
/// nothing else: nft(8) prints rules otherwise than they were written, and the comment cannot
/// change when elements do.
constexpr const char* kComment = "flatlan";
constexpr const char* kOriginSet = "made_from";

/// A hash of all that the rules are.
std::uint64_t origin_of(const FilterRules& rules) {
    std::uint64_t hash = stable_hash(rules.table);
    for (const FilterElement& element : rules.elements)
        hash = hash_join(hash, stable_hash(element.set + ' ' + element.key));
    return hash;
}

std::string origin_command(const char* verb, const FilterRules& rules) {
    const FilterElement origin{kOriginSet, std::to_string(origin_of(rules))};
    return element_commands(verb, std::span{&origin, 1});
}

/// Whether the table that is there was made from these rules.
Result<bool> is_made_from(const Namespace& network, const FilterRules& rules) {
    FLATLAN_TRY(keys, read_element_keys(network, kFilterTable, kOriginSet));
    std::vector<std::byte> origin(sizeof(std::uint64_t));
    ByteWriter{origin}.u64(origin_of(rules));
    return std::find(keys.begin(), keys.end(), origin) != keys.end();
}

std::vector<FilterElement> missing(const std::vector<FilterElement>& from,
                                   const std::vector<FilterElement>& in) {
    std::vector<FilterElement> out;
    std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(out));
    return out;
}

std::optional<IpAddress> address_from(std::span<const std::byte> key) {
    Uint128 value = 0;
    for (const std::byte octet : key)
        value = value << 8U | std::to_integer<unsigned>(octet);
    if (key.size() == 4) return IpAddress::from_value(IpFamily::ipv4, value);
    if (key.size() == Ipv6Address::kSizeBytes) return IpAddress::from_value(IpFamily::ipv6, value);
    return std::nullopt;
}

}  // namespace

Result<TunnelFilter> TunnelFilter::open(const Namespace& network) {
    FLATLAN_TRY(own, network.duplicate());
    return TunnelFilter{std::move(own)};
}

int TunnelFilter::watch() {
    if (!watch_)
        if (auto watch = NftTableWatch::open(network_, kFilterTable))
            watch_.emplace(std::move(watch).value());
    return watch_ ? watch_->fd() : -1;
}

Result<TunnelChange> TunnelFilter::ensure(FilterRules rules) {
    FLATLAN_TRY_VOID(is_untouched());
    if (!watch_) made_ = {};  // who knows what happened to it since
    if (rules.table.empty()) return ensure_none();
    if (made_ == rules) return TunnelChange{};
    TunnelChange change{.replaced = 1};
    if (!has_table() && !touched_) {
        FLATLAN_TRY(fits, is_made_from(network_, rules));
        if (fits) {
            made_ = std::move(rules);
            return TunnelChange{};
        }
        FLATLAN_TRY(comment, read_table_comment(network_, kFilterTable));
        if (comment.empty()) change = {.added = 1};
    }
    const bool same_rules = made_.table == rules.table;
    FLATLAN_TRY_VOID(same_rules ? change_elements(made_, rules) : replace(rules));
    made_ = std::move(rules);
    touched_ = false;
    return change;
}

Result<TunnelChange> TunnelFilter::ensure_none() {
    if (!counts_peers()) {
        // One that counted may have run here before.
        FLATLAN_TRY(comment, read_table_comment(network_, kFilterTable));
        if (comment.empty()) return TunnelChange{};
        touched_ = true;
    }
    FLATLAN_TRY_VOID(remove());
    return TunnelChange{.removed = 1};
}

Result<bool> TunnelFilter::is_untouched() {
    if (!watch_) return true;
    FLATLAN_TRY(untouched, watch_->is_untouched());
    if (!untouched && has_table()) {
        made_ = {};
        touched_ = true;
    }
    return !touched_;
}

Result<void> TunnelFilter::replace(const FilterRules& rules) {
    return run("add table " + table_name() + "\ndelete table " + table_name() + "\ntable " +
               table_name() + " {\ncomment \"" + kComment + "\"\n" + rules.table + "set " +
               kOriginSet + " { typeof @th,0,64; }\n}\n" + element_commands("add", rules.elements) +
               origin_command("add", rules));
}

Result<void> TunnelFilter::change_elements(const FilterRules& from, const FilterRules& to) {
    return run(element_commands("add", missing(to.elements, from.elements)) +
               element_commands("delete", missing(from.elements, to.elements)) +
               origin_command("delete", from) + origin_command("add", to));
}

Result<void> TunnelFilter::remove() {
    if (!counts_peers()) return success();
    made_ = {};
    touched_ = false;
    return run("add table " + table_name() + "\ndelete table " + table_name() + '\n');
}

Result<void> TunnelFilter::run(const std::string& commands) {
    FLATLAN_TRY(nftables, Nftables::open(network_));
    if (auto done = nftables.run(commands); !done)
        return std::move(done).error().within("packet filter of the tunnel");
    // What was just told of is this.
    if (watch_) FLATLAN_TRY_VOID(watch_->is_untouched());
    return success();
}

Result<TrafficByAddress> TunnelFilter::counts(const std::string& set) const {
    FLATLAN_TRY(elements, read_element_counts(network_, kFilterTable, set));
    TrafficByAddress traffic;
    for (const NftElementCount& element : elements)
        if (const auto address = address_from(element.key))
            traffic[*address] = {element.count.packets, element.count.octets};
    return traffic;
}

Result<std::vector<DropCount>> TunnelFilter::drops() const {
    FLATLAN_TRY(counters, read_named_counts(network_, kFilterTable));
    std::vector<DropCount> drops;
    for (const NftNamedCount& counter : counters)
        drops.push_back({counter.name, counter.count.packets});
    return drops;
}

std::string why_uncounted(const TunnelFilter& filter, const Result<TunnelChange>& ensured) {
    if (!ensured) return "peers are not counted: " + ensured.error().to_string();
    return filter.counts_peers() ? "" : "peers are not counted: peerCounts is off";
}

}  // namespace flatlan::tunnel
