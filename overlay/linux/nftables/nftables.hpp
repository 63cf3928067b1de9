#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/nftables/nft_thread.hpp"
#include "overlay/linux/unique_fd.hpp"

/// The wrapper of libnftables, and the kernel's own tracing of packet filters.
namespace flatlan {

/// Whether a network namespace has any table of nftables, iptables' own included where it is built
/// on nftables. Costs one exchange with the kernel.
Result<bool> has_packet_filter(const Namespace& network);

/// nftables of one network namespace, in the language of nft(8); a thread each.
class Nftables {
public:
    static Result<Nftables> open(const Namespace& network);

    /// Carries out a command, one transaction, and returns what it prints, rules with their
    /// handles. A table with `flags owner` goes with this object. The Error has nft's own words.
    Result<std::string> run(const std::string& command);

private:
    explicit Nftables(std::unique_ptr<NftThread> thread) : thread_{std::move(thread)} {}

    std::unique_ptr<NftThread> thread_;
};

/// One thing that happened to a packet whose tracing is on (`meta nftrace set 1`).
struct NftTraceEvent {
    enum class Kind : std::uint8_t { rule, chain_end, policy };
    std::string family;  ///< "ip", "ip6", "inet", "bridge", "netdev", "arp"
    std::string table;
    std::string chain;
    Kind kind = Kind::rule;
    std::uint64_t handle = 0;  ///< of the rule
    bool drops = false;
    bool accepts = false;
    std::uint32_t packet = 0;  ///< the same for all events of one packet in one namespace
    /// The start of the packet's IP and upper headers; only in the first event of each chain.
    std::vector<std::byte> network_header{};
    std::vector<std::byte> transport_header{};
};

/// Hears of all traced packets of a network namespace (NFNLGRP_NFTRACE).
class NftTrace {
public:
    static Result<NftTrace> open(const Namespace& network);

    /// What has happened since; never waits.
    std::vector<NftTraceEvent> read();

private:
    explicit NftTrace(UniqueFd socket) : socket_{std::move(socket)} {}
    UniqueFd socket_;
};

}  // namespace flatlan
