#include "overlay/linux/neighbour.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>

namespace flatlan {
namespace {

struct StateName {
    NeighbourState state;
    std::string_view text;
};
constexpr std::array kStates{
    StateName{NeighbourState::none, "none"},
    StateName{NeighbourState::incomplete, "incomplete"},
    StateName{NeighbourState::reachable, "reachable"},
    StateName{NeighbourState::stale, "stale"},
    StateName{NeighbourState::delay, "delay"},
    StateName{NeighbourState::probe, "probe"},
    StateName{NeighbourState::failed, "failed"},
    StateName{NeighbourState::noarp, "noarp"},
    StateName{NeighbourState::permanent, "permanent"},
};

NetlinkMessage message_of(std::uint16_t type, std::uint16_t flags, const Neighbour& neighbour) {
    ndmsg header{};
    header.ndm_family = address_family(neighbour.address.family());
    header.ndm_ifindex = neighbour.device.value();
    header.ndm_state = static_cast<std::uint16_t>(neighbour.state);
    header.ndm_flags = neighbour.flags;
    NetlinkMessage message{type, flags, header};
    message.put_address(NDA_DST, neighbour.address);
    if (type == RTM_NEWNEIGH) message.put_mac(NDA_LLADDR, neighbour.mac);
    return message;
}

std::string describe(const NetlinkMessageView& request) {
    const auto neighbour = parse_neighbour(request);
    const char* const verb = request.type() == RTM_NEWNEIGH   ? "add"
                             : request.type() == RTM_DELNEIGH ? "delete"
                                                              : "look up";
    return std::string{verb} + " neighbour " + (neighbour ? to_string(*neighbour) : "");
}

}  // namespace

std::optional<Neighbour> parse_neighbour(const NetlinkMessageView& message) {
    const auto header = message.header<ndmsg>();
    if (!header || header->ndm_ifindex <= 0) return std::nullopt;
    const auto attributes = message.attributes<ndmsg>();
    const auto address = attributes.address(NDA_DST);
    if (!address || address_family(address->family()) != header->ndm_family) return std::nullopt;
    return Neighbour{.address = *address,
                     .device = IfIndex{header->ndm_ifindex},
                     .mac = attributes.mac(NDA_LLADDR).value_or(MacAddress{}),
                     .state = static_cast<NeighbourState>(header->ndm_state),
                     .flags = header->ndm_flags};
}

std::string_view to_string(NeighbourState state) {
    const auto* const found = std::find_if(kStates.begin(), kStates.end(),
                                           [&](const auto& known) { return known.state == state; });
    return found == kStates.end() ? "unknown" : found->text;
}

std::string to_string(const Neighbour& neighbour) {
    return to_string(neighbour.address) + " at " + to_string(neighbour.mac) + " on interface " +
           std::to_string(neighbour.device.value());
}

void create_neighbour(NetlinkBatch& batch, const Neighbour& neighbour) {
    batch.append(message_of(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, neighbour), describe);
}

void replace_neighbour(NetlinkBatch& batch, const Neighbour& neighbour) {
    batch.append(message_of(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, neighbour), describe);
}

void remove_neighbour(NetlinkBatch& batch, const Neighbour& neighbour) {
    batch.append(message_of(RTM_DELNEIGH, 0, neighbour), describe, Tolerate::missing);
}

Result<void> create_neighbour(Netlink& netlink, const Neighbour& neighbour) {
    return execute_appended(netlink, [&](auto& batch) { create_neighbour(batch, neighbour); });
}

Result<void> replace_neighbour(Netlink& netlink, const Neighbour& neighbour) {
    return execute_appended(netlink, [&](auto& batch) { replace_neighbour(batch, neighbour); });
}

Result<void> remove_neighbour(Netlink& netlink, const Neighbour& neighbour) {
    return execute_appended(netlink, [&](auto& batch) { remove_neighbour(batch, neighbour); });
}

Result<std::optional<Neighbour>> find_neighbour(Netlink& netlink, IfIndex device,
                                                const IpAddress& address) {
    // The kernel refuses a question that has more than device and address (neigh_valid_get_req).
    const Neighbour asked{
        .address = address, .device = device, .mac = {}, .state = NeighbourState::none};
    NetlinkBatch batch;
    batch.append(message_of(RTM_GETNEIGH, 0, asked), describe, Tolerate::missing);
    std::optional<Neighbour> found;
    FLATLAN_TRY_VOID(
        netlink.execute(batch, [&](const auto& answer) { found = parse_neighbour(answer); }));
    return found;
}

Result<std::vector<Neighbour>> list_neighbours(Netlink& netlink, std::optional<IfIndex> device) {
    NetlinkMessage request{RTM_GETNEIGH, 0, ndmsg{}};
    if (device) request.put_u32(NDA_IFINDEX, static_cast<std::uint32_t>(device->value()));
    return netlink.dump(request, "list neighbours", parse_neighbour);
}

Result<std::size_t> count_learnt_neighbours(Netlink& netlink) {
    FLATLAN_TRY(neighbours, list_neighbours(netlink));
    return static_cast<std::size_t>(
        std::count_if(neighbours.begin(), neighbours.end(),
                      [](const Neighbour& neighbour) { return neighbour.is_learnt(); }));
}

}  // namespace flatlan
