#include <sys/timex.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <sstream>

#include "tools/doctor/collect_facts.hpp"

namespace flatlan::doctor {
namespace {

/// The value of a line "KEY=VALUE"; empty when there is none.
std::string value_in(const std::string& path, const std::string& key) {
    std::ifstream file{path};
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
    return "";
}

/// Both managers keep a file for each interface, by its number, with what they do with it.
void read_managers(NodeFacts& facts) {
    facts.networkd = access("/run/systemd/netif/links", F_OK) == 0;
    facts.network_manager = access("/run/NetworkManager/devices", F_OK) == 0;
    for (const Link& link : facts.own_links) {
        const std::string number = std::to_string(link.index.value());
        const std::string state = value_in("/run/systemd/netif/links/" + number, "ADMIN_STATE");
        if (!state.empty() && state != "unmanaged" && state != "initialized" && state != "pending")
            facts.managed.push_back(link.name.text() + " (systemd-networkd: " + state + ")");
        if (value_in("/run/NetworkManager/devices/" + number, "managed") == "true")
            facts.managed.push_back(link.name.text() + " (NetworkManager)");
    }
}

/// A counter of /proc/net/snmp and its like: two lines for each group, names and values.
std::uint64_t counter(const char* path, const std::string& group, const std::string& name) {
    std::ifstream file{path};
    std::string names;
    std::string values;
    while (std::getline(file, names) && std::getline(file, values)) {
        if (!names.starts_with(group + ":")) continue;
        std::istringstream left{names};
        std::istringstream right{values};
        std::string key;
        std::string value;
        while (left >> key && right >> value) {
            std::uint64_t number = 0;
            if (key == name &&
                std::from_chars(value.data(), value.data() + value.size(), number).ec ==
                    std::errc{})
                return number;
        }
    }
    return 0;
}

void read_counters(NodeFacts& facts) {
    facts.refused_by_source = counter("/proc/net/netstat", "TcpExt", "IPReversePathFilter");
}

void read_clock(NodeFacts& facts) {
    timex state{};
    facts.clock_synchronized = ::adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
    facts.seconds_since_1970 = std::chrono::duration_cast<std::chrono::seconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count();
}

}  // namespace

std::uint64_t count_wrong_checksums() {
    return counter("/proc/net/snmp", "Udp", "InCsumErrors") +
           counter("/proc/net/snmp", "Tcp", "InCsumErrors");
}

void read_host(NodeFacts& facts) {
    read_managers(facts);
    read_counters(facts);
    read_clock(facts);
}

}  // namespace flatlan::doctor
