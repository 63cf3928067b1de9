#include "overlay/linux/netlink_message.hpp"

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace flatlan {
namespace {

/// Ours are far smaller: the largest, a pair of veth devices, takes under 400 octets.
constexpr std::size_t kMessageBytesMax = 1024;

template <typename Address>
Address address_from(std::span<const std::byte> octets) {
    std::array<std::byte, Address::kSizeBytes> copy{};
    std::copy(octets.begin(), octets.end(), copy.begin());
    return Address::from_octets(copy);
}

}  // namespace

void NetlinkMessage::Free::operator()(nl_msg* message) const { nlmsg_free(message); }

NetlinkMessage::NetlinkMessage(std::uint16_t type, std::uint16_t flags)
    : message_{nlmsg_alloc_size(kMessageBytesMax)} {
    FLATLAN_CHECK(message_ != nullptr);
    nlmsghdr* const header = nlmsg_hdr(message_.get());
    header->nlmsg_type = type;
    header->nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
}

void NetlinkMessage::put(int attribute, std::span<const std::byte> octets) {
    FLATLAN_CHECK(
        nla_put(message_.get(), attribute, static_cast<int>(octets.size()), octets.data()) == 0);
}

void NetlinkMessage::put_text(int attribute, std::string_view text) {
    nlattr* const made = nla_reserve(message_.get(), attribute, static_cast<int>(text.size() + 1));
    FLATLAN_CHECK(made != nullptr);
    char* const out = static_cast<char*>(nla_data(made));
    *std::copy(text.begin(), text.end(), out) = '\0';
}

void NetlinkMessage::put_address(int attribute, const IpAddress& address) {
    if (address.is_ipv4())
        put(attribute, address.ipv4().octets());
    else
        put(attribute, address.ipv6().octets());
}

void NetlinkMessage::append(std::span<const std::byte> octets) {
    // libnl only reads from the pointer (nlmsg_append copies).
    FLATLAN_CHECK(nlmsg_append(message_.get(), const_cast<std::byte*>(octets.data()), octets.size(),
                               NLMSG_ALIGNTO) == 0);
}

std::span<const std::byte> NetlinkMessage::bytes() const {
    const nlmsghdr* const header = nlmsg_hdr(message_.get());
    return {reinterpret_cast<const std::byte*>(header), header->nlmsg_len};
}

nlattr* NetlinkMessage::begin_nested(int attribute) {
    nlattr* const nest = nla_nest_start(message_.get(), attribute);
    FLATLAN_CHECK(nest != nullptr);
    return nest;
}

void NetlinkMessage::end_nested(nlattr* nest) {
    // The kernel wants some nests even when they are empty; nla_nest_end would drop those.
    nla_nest_end_keep_empty(message_.get(), nest);
}

std::optional<std::span<const std::byte>> NetlinkAttributes::find(int attribute) const {
    const nlattr* const found = nla_find(reinterpret_cast<const nlattr*>(bytes_.data()),
                                         static_cast<int>(bytes_.size()), attribute);
    if (found == nullptr) return std::nullopt;
    return std::span{static_cast<const std::byte*>(nla_data(found)),
                     static_cast<std::size_t>(nla_len(found))};
}

std::string_view NetlinkAttributes::text(int attribute) const {
    const auto payload = find(attribute);
    if (!payload) return {};
    const auto end = std::find(payload->begin(), payload->end(), std::byte{0});
    return {reinterpret_cast<const char*>(payload->data()),
            static_cast<std::size_t>(end - payload->begin())};
}

std::optional<IpAddress> NetlinkAttributes::address(int attribute) const {
    const auto payload = find(attribute);
    if (payload && payload->size() == Ipv4Address::kSizeBytes)
        return address_from<Ipv4Address>(*payload);
    if (payload && payload->size() == Ipv6Address::kSizeBytes)
        return address_from<Ipv6Address>(*payload);
    return std::nullopt;
}

std::optional<MacAddress> NetlinkAttributes::mac(int attribute) const {
    const auto payload = find(attribute);
    if (!payload || payload->size() != MacAddress::kSizeBytes) return std::nullopt;
    std::array<std::byte, MacAddress::kSizeBytes> octets{};
    std::copy(payload->begin(), payload->end(), octets.begin());
    return MacAddress{octets};
}

std::uint8_t address_family(IpFamily family) {
    return family == IpFamily::ipv4 ? AF_INET : AF_INET6;
}

}  // namespace flatlan
