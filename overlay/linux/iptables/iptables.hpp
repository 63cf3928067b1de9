#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/linux/iptables/packet_log.hpp"
#include "overlay/linux/namespace.hpp"

/// iptables as it was before nftables ("legacy"): tables that nftables does not list. What is built
/// on nftables is seen there (overlay/linux/nftables).
namespace flatlan {

/// The names of the tables in use, "filter" or "nat", of each family; empty where there is none.
using IptablesTables = std::map<IpFamily, std::vector<std::string>>;
Result<IptablesTables> list_iptables(const Namespace& network);

/// One thing that happened to a packet whose tracing is on (TRACE of iptables-extensions(8), or
/// nftables' `meta nftrace set 1`: the kernel has one mark for both).
struct IptablesEvent {
    IpFamily family = IpFamily::ipv4;
    std::string table;
    std::string chain;
    bool policy = false;              ///< it came to the end of a built-in chain
    unsigned number = 0;              ///< of the rule in its chain, from 1
    std::vector<std::byte> packet{};  ///< the start of it, from the IP header on
};

/// Hears of all traced packets of a network namespace, by the kernel's log of packets, which it
/// takes for itself meanwhile.
class IptablesTrace {
public:
    /// Errors as of PacketLog::take: unavailable when another program has the log.
    static Result<IptablesTrace> open(const Namespace& network);

    /// What has happened since; never waits. Much of it in several calls.
    std::vector<IptablesEvent> read();

private:
    explicit IptablesTrace(PacketLog log) : log_{std::move(log)} {}

    PacketLog log_;
};

}  // namespace flatlan
