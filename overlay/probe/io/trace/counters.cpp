#include "overlay/probe/io/trace/counters.hpp"

#include <array>
#include <fstream>
#include <sstream>

#include "overlay/linux/link.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan::trace {
namespace {

/// Names that tell of a drop; the others grow with all traffic.
constexpr std::array<std::string_view, 9> kDrops{
    "InCsumErrors",        "InHdrErrors",    "InAddrErrors", "InNoRoutes", "OutNoRoutes",
    "IPReversePathFilter", "InTooBigErrors", "NoPorts",      "InDiscards"};

bool tells_of_a_drop(const std::string& name) {
    for (const std::string_view word : kDrops)
        if (name.find(word) != std::string::npos) return true;
    return false;
}

/// snmp and netstat: a line of names, then a line of values, both beginning with the protocol.
void read_tables(const char* path, Counters& counters) {
    std::ifstream file{path};
    std::string names;
    std::string values;
    while (std::getline(file, names) && std::getline(file, values)) {
        std::istringstream name_words{names};
        std::istringstream value_words{values};
        std::string protocol;
        std::string name;
        std::string skipped;
        std::int64_t value = 0;
        name_words >> protocol;
        value_words >> skipped;
        if (!protocol.empty()) protocol.pop_back();  // the colon
        while (name_words >> name && value_words >> value)
            if (tells_of_a_drop(name) && value >= 0)
                counters[protocol + name] = static_cast<std::uint64_t>(value);
    }
}

/// snmp6: a name and a value on each line.
void read_lines(const char* path, Counters& counters) {
    std::ifstream file{path};
    std::string name;
    std::uint64_t value = 0;
    while (file >> name >> value)
        if (tells_of_a_drop(name)) counters[name] = value;
}

Result<Counters> read_here() {
    Counters counters;
    // Of this thread: /proc/net is that of the main thread's namespace.
    read_tables("/proc/thread-self/net/snmp", counters);
    read_tables("/proc/thread-self/net/netstat", counters);
    read_lines("/proc/thread-self/net/snmp6", counters);
    FLATLAN_TRY(netlink, Netlink::open());
    FLATLAN_TRY(links, list_links(netlink, WithStats::yes));
    for (const Link& link : links) {
        const LinkStats& stats = link.stats;
        counters[link.name.text() + " rx_dropped"] = stats.received_dropped;
        counters[link.name.text() + " rx_errors"] = stats.received_errors;
        counters[link.name.text() + " tx_dropped"] = stats.sent_dropped;
        counters[link.name.text() + " tx_errors"] = stats.sent_errors;
    }
    return counters;
}

}  // namespace

Result<Counters> read_counters(const Namespace& network) { return run_in(network, read_here); }

std::vector<CounterGrowth> growth(PlaceId place, const Counters& before, const Counters& after) {
    std::vector<CounterGrowth> grown;
    for (const auto& [name, value] : after) {
        const auto at = before.find(name);
        const std::uint64_t old = at == before.end() ? 0 : at->second;
        if (value > old) grown.push_back({place, name, value - old});
    }
    return grown;
}

}  // namespace flatlan::trace
