#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "overlay/base/check.hpp"
#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"

struct nl_msg;
struct nlattr;

/// The wrapper of libnl-3: netlink messages are built and read here and nowhere else.
namespace flatlan {

/// A request under construction: a netlink header, a family header, attributes.
class NetlinkMessage {
public:
    /// `type` is RTM_NEWROUTE and its like, `flags` NLM_F_*; NLM_F_REQUEST is added.
    template <typename FamilyHeader>
    NetlinkMessage(std::uint16_t type, std::uint16_t flags, const FamilyHeader& header)
        : NetlinkMessage{type, flags} {
        append(std::as_bytes(std::span{&header, 1}));
    }

    void put(int attribute, std::span<const std::byte> octets);
    void put_u8(int attribute, std::uint8_t value) { put_object(attribute, value); }
    void put_u16(int attribute, std::uint16_t value) { put_object(attribute, value); }
    void put_u32(int attribute, std::uint32_t value) { put_object(attribute, value); }
    /// With the terminating zero that the kernel wants.
    void put_text(int attribute, std::string_view text);
    void put_address(int attribute, const IpAddress& address);
    void put_mac(int attribute, const MacAddress& mac) { put(attribute, mac.octets()); }
    template <typename Object>
    void put_object(int attribute, const Object& object) {
        put(attribute, std::as_bytes(std::span{&object, 1}));
    }

    /// Calls `fill` to put attributes inside the attribute `attribute`.
    template <typename Fill>
    void put_nested(int attribute, Fill fill) {
        nlattr* const nest = begin_nested(attribute);
        fill();
        end_nested(nest);
    }
    /// Octets without an attribute's header, aligned; for a family header inside an attribute.
    void append(std::span<const std::byte> octets);

    std::span<const std::byte> bytes() const;

private:
    struct Free {
        void operator()(nl_msg* message) const;
    };

    NetlinkMessage(std::uint16_t type, std::uint16_t flags);
    nlattr* begin_nested(int attribute);
    void end_nested(nlattr* nest);

    std::unique_ptr<nl_msg, Free> message_;
};

/// A run of attributes in a message that was received (or sent). A view; nothing is trusted: what
/// is too short for its type counts as absent.
class NetlinkAttributes {
public:
    NetlinkAttributes() = default;
    explicit NetlinkAttributes(std::span<const std::byte> bytes) : bytes_{bytes} {}

    /// The payload, or nothing when the attribute is absent.
    std::optional<std::span<const std::byte>> find(int attribute) const;
    bool has(int attribute) const { return find(attribute).has_value(); }
    std::optional<std::uint8_t> u8(int attribute) const { return object<std::uint8_t>(attribute); }
    std::optional<std::uint16_t> u16(int attribute) const {
        return object<std::uint16_t>(attribute);
    }
    std::optional<std::uint32_t> u32(int attribute) const {
        return object<std::uint32_t>(attribute);
    }
    /// Without the terminating zero; empty when absent.
    std::string_view text(int attribute) const;
    /// The family follows from the length: 4 or 16 octets.
    std::optional<IpAddress> address(int attribute) const;
    std::optional<MacAddress> mac(int attribute) const;
    /// Empty when absent.
    NetlinkAttributes nested(int attribute) const {
        return NetlinkAttributes{find(attribute).value_or(std::span<const std::byte>{})};
    }

    /// The payload's first octets as a struct of the kernel's.
    template <typename Object>
    std::optional<Object> object(int attribute) const {
        const auto payload = find(attribute);
        if (!payload || payload->size() < sizeof(Object)) return std::nullopt;
        return load<Object>(*payload);
    }
    template <typename Object>
    static Object load(std::span<const std::byte> octets) {
        Object out;
        FLATLAN_CHECK(octets.size() >= sizeof(Object));
        __builtin_memcpy(&out, octets.data(), sizeof(Object));
        return out;
    }

private:
    std::span<const std::byte> bytes_;
};

/// One whole message, header included. A view.
class NetlinkMessageView {
public:
    /// `bytes` holds exactly one message.
    explicit NetlinkMessageView(std::span<const std::byte> bytes) : bytes_{bytes} {
        FLATLAN_CHECK(bytes.size() >= NLMSG_HDRLEN);
    }

    std::uint16_t type() const { return NetlinkAttributes::load<nlmsghdr>(bytes_).nlmsg_type; }
    std::uint16_t flags() const { return NetlinkAttributes::load<nlmsghdr>(bytes_).nlmsg_flags; }
    std::uint32_t sequence() const { return NetlinkAttributes::load<nlmsghdr>(bytes_).nlmsg_seq; }
    /// The family header; nothing when the message is too short for it.
    template <typename FamilyHeader>
    std::optional<FamilyHeader> header() const {
        if (payload().size() < sizeof(FamilyHeader)) return std::nullopt;
        return NetlinkAttributes::load<FamilyHeader>(payload());
    }
    /// The attributes behind a family header of that type.
    template <typename FamilyHeader>
    NetlinkAttributes attributes() const {
        constexpr std::size_t kHeaderBytes = NLMSG_ALIGN(sizeof(FamilyHeader));
        if (payload().size() < kHeaderBytes) return NetlinkAttributes{};
        return NetlinkAttributes{payload().subspan(kHeaderBytes)};
    }
    std::span<const std::byte> payload() const { return bytes_.subspan(NLMSG_HDRLEN); }

private:
    std::span<const std::byte> bytes_;
};

/// Calls `visit(NetlinkMessageView)` for each message of what one read from a socket gave; octets
/// that make no message end it.
template <typename Visit>
void for_each_message(std::span<const std::byte> octets, Visit visit) {
    while (octets.size() >= NLMSG_HDRLEN) {
        const auto header = NetlinkAttributes::load<nlmsghdr>(octets);
        if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > octets.size()) return;
        visit(NetlinkMessageView{octets.first(header.nlmsg_len)});
        const std::size_t taken = NLMSG_ALIGN(header.nlmsg_len);
        octets = octets.subspan(taken < octets.size() ? taken : octets.size());
    }
}

/// AF_INET or AF_INET6.
std::uint8_t address_family(IpFamily family);

}  // namespace flatlan
