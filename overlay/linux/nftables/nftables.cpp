#include "overlay/linux/nftables/nftables.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "overlay/linux/nftables/nfnetlink.hpp"

namespace flatlan {
namespace {

constexpr std::size_t kReceiveBytes = 65536;
constexpr int kBufferBytes = 1 << 20;
constexpr int kReadsMax = 4096;  // others may cause events without end

std::string family_name(std::uint8_t family) {
    switch (family) {
        case NFPROTO_INET:
            return "inet";
        case NFPROTO_IPV4:
            return "ip";
        case NFPROTO_ARP:
            return "arp";
        case NFPROTO_NETDEV:
            return "netdev";
        case NFPROTO_BRIDGE:
            return "bridge";
        default:
            return "ip6";
    }
}

std::vector<std::byte> copy_of(const NetlinkAttributes& attributes, int attribute) {
    const auto octets = attributes.find(attribute);
    if (!octets) return {};
    return {octets->begin(), octets->end()};
}

std::optional<NftTraceEvent> event_of(const NetlinkMessageView& message) {
    const auto header = message.header<nfgenmsg>();
    if (message.type() != nftables_type(NFT_MSG_TRACE) || !header) return std::nullopt;
    const auto attributes = message.attributes<nfgenmsg>();
    NftTraceEvent event{.family = family_name(header->nfgen_family),
                        .table = std::string{attributes.text(NFTA_TRACE_TABLE)},
                        .chain = std::string{attributes.text(NFTA_TRACE_CHAIN)}};
    event.handle = nfnetlink_number<std::uint64_t>(attributes, NFTA_TRACE_RULE_HANDLE).value_or(0);
    event.packet = nfnetlink_number<std::uint32_t>(attributes, NFTA_TRACE_ID).value_or(0);
    std::optional<std::int32_t> verdict =
        nfnetlink_number<std::int32_t>(attributes.nested(NFTA_TRACE_VERDICT), NFTA_VERDICT_CODE);
    switch (nfnetlink_number<std::uint32_t>(attributes, NFTA_TRACE_TYPE).value_or(0)) {
        case NFT_TRACETYPE_POLICY:
            event.kind = NftTraceEvent::Kind::policy;
            verdict = nfnetlink_number<std::int32_t>(attributes, NFTA_TRACE_POLICY);
            break;
        case NFT_TRACETYPE_RETURN:
            event.kind = NftTraceEvent::Kind::chain_end;
            break;
        default:
            break;
    }
    constexpr std::int32_t kDrop = 0;  // NF_DROP of linux/netfilter.h
    constexpr std::int32_t kAccept = 1;
    event.drops = verdict == kDrop;
    event.accepts = verdict == kAccept;
    event.network_header = copy_of(attributes, NFTA_TRACE_NETWORK_HEADER);
    event.transport_header = copy_of(attributes, NFTA_TRACE_TRANSPORT_HEADER);
    return event;
}

Result<bool> has_table_here() {
    FLATLAN_TRY(socket, open_nfnetlink(0));
    const NetlinkMessage request{
        nftables_type(NFT_MSG_GETTABLE), NLM_F_DUMP,
        nfgenmsg{.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = 0}};
    bool found = false;
    // An error says that this kernel has no nftables: then no filter.
    auto asked = dump_nftables(socket, request, [&](const NetlinkMessageView& message) {
        found |= message.type() == nftables_type(NFT_MSG_NEWTABLE);
    });
    if (!asked) return std::move(asked).error();
    return found;
}

}  // namespace

Result<bool> has_packet_filter(const Namespace& network) { return run_in(network, has_table_here); }

Result<Nftables> Nftables::open(const Namespace& network) {
    FLATLAN_TRY(thread, NftThread::start(network));
    return Nftables{std::move(thread)};
}

Result<std::string> Nftables::run(const std::string& command) { return thread_->run(command); }

Result<NftTrace> NftTrace::open(const Namespace& network) {
    FLATLAN_TRY(socket, run_in(network, [] { return open_nfnetlink(SOCK_NONBLOCK); }));
    const int group = NFNLGRP_NFTRACE;
    if (::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
        return Error::from_errno(errno, "listen for traced packets");
    // What does not fit is lost for the evidence, not for the network.
    static_cast<void>(
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kBufferBytes, sizeof kBufferBytes));
    return NftTrace{std::move(socket)};
}

std::vector<NftTraceEvent> NftTrace::read() {
    std::vector<NftTraceEvent> events;
    alignas(NLMSG_ALIGNTO) std::array<std::byte, kReceiveBytes> buffer;
    for (int turn = 0; turn < kReadsMax; ++turn) {
        const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (got < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
        if (got < 0) break;
        for_each_message(std::span{buffer}.first(static_cast<std::size_t>(got)),
                         [&](const NetlinkMessageView& message) {
                             if (auto event = event_of(message))
                                 events.push_back(std::move(*event));
                         });
    }
    return events;
}

}  // namespace flatlan
