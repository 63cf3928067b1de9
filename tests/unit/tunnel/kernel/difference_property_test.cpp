#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "overlay/base/prng.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/sample_cluster.hpp"
#include "tunnel/kernel/difference.hpp"
#include "tunnel/kernel/wanted_state.hpp"

namespace flatlan::tunnel {
namespace {

using Verb = TableOperation::Verb;
using RouteKey = std::pair<IpPrefix, std::uint32_t>;

template <typename Key, typename Entry>
std::vector<Entry> values_of(const std::map<Key, Entry>& table) {
    std::vector<Entry> out;
    for (const auto& [key, entry] : table)
        out.push_back(entry);
    return out;
}

/// The kernel's tables, slow and plain: what a packet to a prefix meets on its way.
class KernelModel {
public:
    explicit KernelModel(const KernelTables& tables) {
        for (const auto& entry : tables.sysctls)
            put(entry);
        for (const auto& entry : tables.addresses)
            put(entry);
        for (const auto& entry : tables.fdb)
            put(entry);
        for (const auto& entry : tables.neighbours)
            put(entry);
        for (const auto& entry : tables.nexthops)
            put(entry);
        for (const auto& entry : tables.routes)
            put(entry);
    }

    void carry_out(const TableOperation& operation) {
        std::visit(
            [&](const auto& entry) {
                if (operation.verb == Verb::remove)
                    take(entry);
                else
                    put(entry);
            },
            operation.entry);
    }

    KernelTables tables() const {
        return {values_of(sysctls_),    values_of(addresses_), values_of(fdb_),
                values_of(neighbours_), values_of(nexthops_),  values_of(routes_)};
    }

    /// The endpoint to which a packet for `prefix` goes; nothing when it is lost on the way.
    std::optional<IpAddress> endpoint_of(const RouteKey& prefix) const {
        const auto route = routes_.find(prefix);
        if (route == routes_.end() || !source_is_ours(route->second)) return std::nullopt;
        const auto nexthop = nexthops_.find(route->second.nexthop);
        if (nexthop == nexthops_.end()) return std::nullopt;
        const auto neighbour = neighbours_.find(nexthop->second.gateway);
        if (neighbour == neighbours_.end()) return std::nullopt;
        const auto entry = fdb_.find(neighbour->second.mac);
        return entry == fdb_.end() ? std::nullopt : std::optional{entry->second.endpoint};
    }

    const std::map<RouteKey, TunnelRoute>& routes() const { return routes_; }

private:
    bool source_is_ours(const TunnelRoute& route) const {
        return !route.source || addresses_.count(IpPrefix::host(*route.source)) == 1;
    }

    void put(const TunnelSysctl& entry) { sysctls_.insert_or_assign(entry.name, entry); }
    void put(const TunnelAddress& entry) { addresses_.insert_or_assign(entry.address, entry); }
    void put(const TunnelFdbEntry& entry) { fdb_.insert_or_assign(entry.mac, entry); }
    void put(const TunnelNeighbour& entry) { neighbours_.insert_or_assign(entry.gateway, entry); }
    void put(const TunnelNexthop& entry) { nexthops_.insert_or_assign(entry.id, entry); }
    void put(const TunnelRoute& entry) {
        routes_.insert_or_assign(RouteKey{entry.prefix, entry.metric}, entry);
    }
    void take(const TunnelSysctl& entry) { sysctls_.erase(entry.name); }
    void take(const TunnelAddress& entry) { addresses_.erase(entry.address); }
    void take(const TunnelFdbEntry& entry) { fdb_.erase(entry.mac); }
    void take(const TunnelNeighbour& entry) { neighbours_.erase(entry.gateway); }
    void take(const TunnelNexthop& entry) { nexthops_.erase(entry.id); }
    void take(const TunnelRoute& entry) { routes_.erase({entry.prefix, entry.metric}); }

    std::map<std::string, TunnelSysctl> sysctls_;
    std::map<IpPrefix, TunnelAddress> addresses_;
    std::map<MacAddress, TunnelFdbEntry> fdb_;
    std::map<IpAddress, TunnelNeighbour> neighbours_;
    std::map<NexthopId, TunnelNexthop> nexthops_;
    std::map<RouteKey, TunnelRoute> routes_;
};

/// A cluster whose nodes come and go, and change everything about themselves but their names.
class ChangingCluster {
public:
    explicit ChangingCluster(Prng& chance) : chance_{chance} {
        for (int i = 0; i < 8; ++i)
            change();
    }

    /// `known`: what was read from the kernel, as apply() hands it over.
    KernelTunnelState state(std::span<const TunnelNexthop> known) const {
        return wanted_state(cluster_.wanted_for(0), {.nexthops = known}).value();
    }

    const std::vector<TunnelNode>& nodes() const { return cluster_.nodes; }

    void change() {
        auto& nodes = cluster_.nodes;
        const std::size_t peer = nodes.size() < 2 ? 0 : 1 + chance_.below(nodes.size() - 1);
        switch (chance_.below(6)) {
            case 0:
                nodes.push_back(sample_node(shape_, next_++));
                break;
            case 1:
                if (peer > 0) nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(peer));
                break;
            case 2:
                if (peer > 0) nodes[peer].endpoint = sample_endpoint(IpFamily::ipv4, next_++);
                break;
            case 3:
                if (peer > 0) nodes[peer].mac = MacAddress::local_from(chance_.next());
                break;
            case 4:
                move_block(nodes[peer]);
                break;
            default:
                nodes[0].overlay.ipv4 = nodes[0].blocks[0].at(1 + chance_.below(60)).ipv4();
        }
    }

private:
    /// Takes the node's last block but the two with its addresses, and gives it to another one.
    void move_block(TunnelNode& from) {
        IpPrefix block = sample_block(IpFamily::ipv4, next_++);
        if (from.blocks.size() > 2) {
            block = from.blocks.back();
            from.blocks.pop_back();
        }
        cluster_.nodes[chance_.below(cluster_.nodes.size())].blocks.push_back(block);
    }

    Prng& chance_;
    SampleShape shape_{.nodes = 1};
    SampleCluster cluster_ = sample_cluster(shape_);
    std::size_t next_ = 1;
};

template <typename Entry>
void damage(std::vector<Entry>& table, Prng& chance) {
    for (Entry& entry : table)
        if constexpr (requires { entry.altered; })
            if (chance.chance(1, 8)) entry.altered = true;
    std::erase_if(table, [&](const Entry&) { return chance.chance(1, 8); });
    if (!table.empty() && chance.chance(1, 4)) table.insert(table.begin(), table.front());
}

// Whatever is there, the operations end in what is wanted.
TEST(DifferenceProperty, EndsInWhatIsWanted) {
    const auto seeds = support::rounds("kernel difference: damaged states", 20'000, 500);
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng chance{seed};
        ChangingCluster cluster{chance};
        KernelTables have = cluster.state({}).tables;
        damage(have.addresses, chance);
        damage(have.fdb, chance);
        damage(have.neighbours, chance);
        damage(have.nexthops, chance);
        damage(have.routes, chance);
        cluster.change();
        const KernelTables want = cluster.state(have.nexthops).tables;

        KernelModel kernel{have};
        for (const TableOperation& operation : difference(have, want))
            kernel.carry_out(operation);

        ASSERT_EQ(kernel.tables(), want);
        ASSERT_TRUE(difference(kernel.tables(), want).empty());
    }
}

using Nodes = std::vector<TunnelNode>;

/// Where packets for the block may go while `before` becomes `after`: to its owner of either time,
/// at the endpoint that this node has or had.
std::set<IpAddress> endpoints_of_owners(const IpPrefix& block, const Nodes& before,
                                        const Nodes& after) {
    std::set<NodeName> owners;
    std::set<IpAddress> endpoints;
    for (const Nodes& nodes : {before, after})
        for (const TunnelNode& node : nodes)
            if (std::count(node.blocks.begin(), node.blocks.end(), block) > 0)
                owners.insert(node.name);
    for (const Nodes& nodes : {before, after})
        for (const TunnelNode& node : nodes)
            if (owners.count(node.name) > 0) endpoints.insert(node.endpoint);
    return endpoints;
}

// Between two good states, no step takes a block away that stays, and each route leads to an owner.
TEST(DifferenceProperty, NeverLosesAPacketToAPeerThatStays) {
    const auto seeds = support::rounds("kernel difference: histories", 20'000, 500);
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng chance{seed};
        ChangingCluster cluster{chance};
        const Nodes before = cluster.nodes();
        const KernelTables have = cluster.state({}).tables;
        for (std::uint64_t changes = chance.below(12); changes > 0; --changes)
            cluster.change();
        const KernelTables want = cluster.state(have.nexthops).tables;

        const auto old_routes = KernelModel{have}.routes();
        KernelModel kernel{have};
        for (const TableOperation& operation : difference(have, want)) {
            kernel.carry_out(operation);
            for (const TunnelRoute& route : want.routes)
                if (old_routes.count({route.prefix, route.metric}) == 1) {
                    ASSERT_EQ(kernel.routes().count({route.prefix, route.metric}), 1U);
                }
            for (const auto& [prefix, route] : kernel.routes()) {
                const auto endpoint = kernel.endpoint_of(prefix);
                ASSERT_TRUE(endpoint) << "lost: " << to_string(route.prefix);
                ASSERT_EQ(
                    endpoints_of_owners(route.prefix, before, cluster.nodes()).count(*endpoint),
                    1U);
            }
        }
    }
}

}  // namespace
}  // namespace flatlan::tunnel
