#include "overlay/linux/netlink_message.hpp"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>

#include <array>
#include <vector>

#include "overlay/linux/netlink_batch.hpp"

namespace flatlan {
namespace {

std::vector<std::byte> octets(std::initializer_list<unsigned> values) {
    std::vector<std::byte> out;
    for (const unsigned value : values)
        out.push_back(static_cast<std::byte>(value));
    return out;
}

std::vector<std::byte> copy(std::span<const std::byte> view) { return {view.begin(), view.end()}; }

/// A request for a route, with attributes of every kind that the kernel takes.
NetlinkMessage sample() {
    rtmsg header{};
    header.rtm_family = 2;
    header.rtm_dst_len = 26;
    NetlinkMessage message{RTM_NEWROUTE, NLM_F_CREATE, header};
    message.put_address(1, Ipv4Address{0x0af4'0100});
    message.put_u32(4, 7);
    message.put_nested(8, [&] { message.put_u8(2, 9); });
    message.put_text(3, "lo");
    return message;
}

// Netlink speaks the machine's own byte order; these octets are of a little-endian one.
TEST(NetlinkMessage, IsBuiltAsTheKernelReadsIt) {
    const auto wanted = octets({
        64, 0,  0, 0,   24,  0,   1, 4, 0, 0, 0, 0,
        0,  0,  0, 0,                                // length, type, flags, number, port
        2,  26, 0, 0,   0,   0,   0, 0, 0, 0, 0, 0,  // struct rtmsg
        8,  0,  1, 0,   10,  244, 1, 0,              // an address
        8,  0,  4, 0,   7,   0,   0, 0,              // a word
        12, 0,  8, 128, 5,   0,   2, 0, 9, 0, 0, 0,  // a nest of one octet, padded
        7,  0,  3, 0,   'l', 'o', 0, 0,              // a text with its end, padded
    });
    EXPECT_EQ(copy(sample().bytes()), wanted);
}

TEST(NetlinkMessage, IsReadBack) {
    const auto message = sample();
    const NetlinkMessageView view{message.bytes()};
    EXPECT_EQ(view.type(), RTM_NEWROUTE);
    EXPECT_EQ(view.flags(), NLM_F_REQUEST | NLM_F_CREATE);
    ASSERT_TRUE(view.header<rtmsg>().has_value());
    EXPECT_EQ(view.header<rtmsg>()->rtm_dst_len, 26);
    const auto attributes = view.attributes<rtmsg>();
    EXPECT_EQ(attributes.address(1), IpAddress{Ipv4Address{0x0af4'0100}});
    EXPECT_EQ(attributes.u32(4), 7U);
    EXPECT_EQ(attributes.nested(8).u8(2), 9);
    EXPECT_EQ(attributes.text(3), "lo");
}

TEST(NetlinkMessage, AddressesOfBothFamiliesAndMacsSurvive) {
    const IpAddress ipv6 = Ipv6Address::from_halves(0xfd00'0010'0244'0000, 5);
    const auto mac = MacAddress::local_from(77);
    NetlinkMessage message{RTM_NEWNEIGH, 0, rtmsg{}};
    message.put_address(1, ipv6);
    message.put_mac(2, mac);
    const auto attributes = NetlinkMessageView{message.bytes()}.attributes<rtmsg>();
    EXPECT_EQ(attributes.address(1), ipv6);
    EXPECT_EQ(attributes.mac(2), mac);
    EXPECT_FALSE(attributes.address(2).has_value());  // six octets are no IP address
    EXPECT_FALSE(attributes.mac(1).has_value());
}

TEST(NetlinkAttributes, WhatIsAbsentOrTooShortIsNothing) {
    const auto message = sample();
    const auto attributes = NetlinkMessageView{message.bytes()}.attributes<rtmsg>();
    EXPECT_FALSE(attributes.has(99));
    EXPECT_FALSE(attributes.u32(99).has_value());
    EXPECT_EQ(attributes.text(99), "");
    EXPECT_FALSE(attributes.nested(99).u32(1).has_value());
    EXPECT_FALSE(attributes.nested(8).u32(2).has_value());  // one octet is no word
    EXPECT_FALSE(attributes.object<std::uint64_t>(4).has_value());
}

TEST(NetlinkAttributes, EveryTruncationIsReadWithoutHarm) {
    const auto whole = sample();
    const auto attributes = whole.bytes().subspan(NLMSG_HDRLEN + sizeof(rtmsg));
    for (std::size_t size = 0; size < attributes.size(); ++size) {
        const std::vector<std::byte> part{attributes.begin(),
                                          attributes.begin() + static_cast<std::ptrdiff_t>(size)};
        const NetlinkAttributes cut{part};
        EXPECT_EQ(cut.u32(4).has_value(), size >= 16) << size;
        EXPECT_EQ(cut.nested(8).u8(2).has_value(), size >= 28) << size;
        EXPECT_EQ(cut.text(3), size >= 35 ? "lo" : "") << size;
    }
}

TEST(NetlinkMessageView, FamilyHeaderThatIsCutOffIsNothing) {
    const auto message = octets({20, 0, 0, 0, 24, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0});
    const NetlinkMessageView view{message};
    EXPECT_FALSE(view.header<rtmsg>().has_value());
    EXPECT_FALSE(view.attributes<rtmsg>().has(1));
}

std::string describe_nothing(const NetlinkMessageView&) { return "nothing"; }

TEST(NetlinkBatch, KeepsRequestsApartAndAligned) {
    NetlinkBatch batch;
    EXPECT_TRUE(batch.empty());
    NetlinkMessage odd{RTM_NEWLINK, 0, rtmsg{}};
    odd.put_text(3, "ab");
    for (int i = 0; i < 3; ++i)
        batch.append(odd, describe_nothing, Tolerate::missing);
    ASSERT_EQ(batch.size(), 3U);
    for (const auto& request : batch.requests()) {
        EXPECT_EQ(request.offset_bytes % NLMSG_ALIGNTO, 0U);
        EXPECT_EQ(copy(batch.bytes_of(request)), copy(odd.bytes()));
        EXPECT_EQ(request.tolerate, Tolerate::missing);
    }
    batch.clear();
    EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace flatlan
