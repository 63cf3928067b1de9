#include "overlay/linux/fdb.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace flatlan {
namespace {

NetlinkMessage message_of(std::uint16_t type, std::uint16_t flags, const FdbEntry& entry) {
    ndmsg header{};
    header.ndm_family = PF_BRIDGE;  // forwarding tables speak through the bridge's family
    header.ndm_ifindex = entry.device.value();
    header.ndm_state = entry.permanent ? NUD_PERMANENT : NUD_REACHABLE;
    header.ndm_flags = NTF_SELF;  // of the device itself, not of a bridge above it
    NetlinkMessage message{type, flags, header};
    message.put_mac(NDA_LLADDR, entry.mac);
    message.put_address(NDA_DST, entry.remote);
    return message;
}

std::string describe(const NetlinkMessageView& request) {
    const auto entry = parse_fdb_entry(request);
    return std::string{request.type() == RTM_NEWNEIGH ? "add forwarding entry "
                                                      : "delete forwarding entry "} +
           (entry ? to_string(*entry) : "");
}

}  // namespace

std::optional<FdbEntry> parse_fdb_entry(const NetlinkMessageView& message) {
    const auto header = message.header<ndmsg>();
    if (!header || header->ndm_ifindex <= 0) return std::nullopt;
    const auto attributes = message.attributes<ndmsg>();
    const auto mac = attributes.mac(NDA_LLADDR);
    const auto remote = attributes.address(NDA_DST);
    if (!mac || !remote) return std::nullopt;
    return FdbEntry{.mac = *mac,
                    .device = IfIndex{header->ndm_ifindex},
                    .remote = *remote,
                    .permanent = (header->ndm_state & NUD_PERMANENT) != 0,
                    .plain = header->ndm_flags == NTF_SELF && !attributes.has(NDA_PORT) &&
                             !attributes.has(NDA_VNI) && !attributes.has(NDA_IFINDEX)};
}

std::string to_string(const FdbEntry& entry) {
    return to_string(entry.mac) + " behind " + to_string(entry.remote) + " on interface " +
           std::to_string(entry.device.value());
}

void create_fdb_entry(NetlinkBatch& batch, const FdbEntry& entry) {
    batch.append(message_of(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, entry), describe);
}

void replace_fdb_entry(NetlinkBatch& batch, const FdbEntry& entry) {
    batch.append(message_of(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, entry), describe);
}

void remove_fdb_entry(NetlinkBatch& batch, const FdbEntry& entry) {
    batch.append(message_of(RTM_DELNEIGH, 0, entry), describe, Tolerate::missing);
}

Result<void> create_fdb_entry(Netlink& netlink, const FdbEntry& entry) {
    return execute_appended(netlink, [&](auto& batch) { create_fdb_entry(batch, entry); });
}

Result<void> replace_fdb_entry(Netlink& netlink, const FdbEntry& entry) {
    return execute_appended(netlink, [&](auto& batch) { replace_fdb_entry(batch, entry); });
}

Result<void> remove_fdb_entry(Netlink& netlink, const FdbEntry& entry) {
    return execute_appended(netlink, [&](auto& batch) { remove_fdb_entry(batch, entry); });
}

Result<std::vector<FdbEntry>> list_fdb_entries(Netlink& netlink, IfIndex device) {
    ndmsg header{};
    header.ndm_family = PF_BRIDGE;
    header.ndm_ifindex = device.value();
    return netlink.dump(NetlinkMessage{RTM_GETNEIGH, 0, header}, "list forwarding entries",
                        [&](const NetlinkMessageView& message) {
                            auto entry = parse_fdb_entry(message);
                            if (entry && entry->device != device) entry.reset();
                            return entry;
                        });
}

}  // namespace flatlan
