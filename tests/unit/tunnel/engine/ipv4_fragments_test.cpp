#include "tunnel/engine/ipv4_fragments.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/packets.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kHeadRoom = 30;

UdpPacket packet_of(std::size_t payload_bytes) {
    return {.source = ip("10.244.0.1"),
            .destination = ip("10.244.1.1"),
            .payload_bytes = payload_bytes,
            .dont_fragment = false,
            .identification = 77};
}

struct Cut {
    std::vector<Octets> fragments;
    std::optional<DropReason> reason;
};

Cut cut(const Octets& packet, std::uint32_t mtu, std::size_t buffers = 65) {
    PacketPool pool{buffers, 66000};
    Fragments fragments;
    Cut result;
    result.reason = fragment_ipv4(*pool.take_copy(kHeadRoom, packet), *Ipv4Header::parse(packet),
                                  OverlayMtu{mtu}, pool, fragments);
    for (const PacketBuffer& fragment : fragments) {
        EXPECT_EQ(fragment.head_room_bytes(), kHeadRoom);
        result.fragments.emplace_back(fragment.bytes().begin(), fragment.bytes().end());
    }
    return result;
}

/// Puts the payload together again; each fragment has to be sound and to start where the one before
/// ended.
Octets joined(const std::vector<Octets>& fragments, std::uint32_t mtu, std::size_t first_offset,
              bool more_at_end) {
    Octets payload;
    for (std::size_t i = 0; i < fragments.size(); ++i) {
        EXPECT_LE(fragments[i].size(), mtu);
        const auto header = Ipv4Header::parse(fragments[i]);
        EXPECT_TRUE(header) << to_string(header.reason());
        EXPECT_EQ(header->total_size_bytes, fragments[i].size());
        EXPECT_EQ(header->fragment_offset_bytes, first_offset + payload.size());
        EXPECT_EQ(header->more_fragments, i + 1 < fragments.size() || more_at_end);
        EXPECT_EQ(header->identification, 77);
        payload = payload + header->payload(fragments[i]);
    }
    return payload;
}

TEST(Ipv4Fragments, GiveTheirPacketBackAtEveryMtuAndSize) {
    for (const std::uint32_t mtu : {68U, 69U, 75U, 576U, 1280U, 1450U})
        for (const std::size_t payload : {0U, 41U, 48U, 300U, 1000U, 2000U}) {
            SCOPED_TRACE(testing::Message() << "mtu=" << mtu << " payload=" << payload);
            const Octets whole = packet_of(payload).build();
            const Cut got = cut(whole, mtu);
            ASSERT_EQ(got.reason, std::nullopt);
            EXPECT_EQ(joined(got.fragments, mtu, 0, false), part(whole, 20));
        }
}

TEST(Ipv4Fragments, OfAFragmentGoOnWhereItStands) {
    Octets middle = packet_of(592).build();
    Ipv4Header header = *Ipv4Header::parse(middle);
    header.fragment_offset_bytes = 800;
    header.more_fragments = true;
    header.write(std::span{middle}.first<20>());
    const Cut got = cut(middle, 300);
    EXPECT_EQ(joined(got.fragments, 300, 800, true), part(middle, 20));
}

TEST(Ipv4Fragments, CarryOnlyTheOptionsThatAreToBeCopied) {
    // A record route option of 7 octets (not copied), a nothing, a loose source route of 7
    // (copied), an end; 16 octets.
    const Octets options = octets("07 07 04 00 00 00 00 01 83 07 04 0a 00 00 01 00");
    Octets whole = packet_of(300).build();
    whole = part(whole, 0, 20) + options + part(whole, 20);
    whole[0] = std::byte{0x49};
    whole[2] = static_cast<std::byte>(whole.size() >> 8U);
    whole[3] = static_cast<std::byte>(whole.size());
    whole[10] = whole[11] = std::byte{0};
    const std::uint16_t sum = internet_checksum(std::span{whole}.first(36));
    whole[10] = static_cast<std::byte>(sum >> 8U);
    whole[11] = static_cast<std::byte>(sum);

    const Cut got = cut(whole, 200);
    ASSERT_EQ(got.fragments.size(), 2U);
    EXPECT_EQ(part(got.fragments[0], 20, 16), options);
    EXPECT_EQ(part(got.fragments[1], 20, 16),
              octets("01 01 01 01 01 01 01 01 83 07 04 0a 00 00 01 00"));
    EXPECT_EQ(joined(got.fragments, 200, 0, false), part(whole, 36));
}

TEST(Ipv4Fragments, BlankOptionsThatCannotBeRead) {
    for (const char* options : {"83 00 00 00", "83 05 00 00", "83 01 00 00", "01 01 01 83"}) {
        Octets whole = packet_of(100).build();
        whole = part(whole, 0, 20) + octets(options) + part(whole, 20);
        whole[0] = std::byte{0x46};
        whole[3] = static_cast<std::byte>(whole.size());
        whole[10] = whole[11] = std::byte{0};
        const std::uint16_t sum = internet_checksum(std::span{whole}.first(24));
        whole[10] = static_cast<std::byte>(sum >> 8U);
        whole[11] = static_cast<std::byte>(sum);
        const Cut got = cut(whole, 80);
        ASSERT_EQ(got.fragments.size(), 2U) << options;
        EXPECT_EQ(part(got.fragments[1], 20, 4), octets("01 01 01 01")) << options;
    }
}

TEST(Ipv4Fragments, StopAtTheLimitAndTakeNothing) {
    // At MTU 68 a fragment carries 48 octets: 64 of them 3072.
    EXPECT_EQ(cut(packet_of(3072 - 8).build(), 68).fragments.size(), kFragmentsMax);
    const Cut over = cut(packet_of(3072 - 7).build(), 68);
    EXPECT_EQ(over.reason, DropReason::too_many_fragments);
    EXPECT_TRUE(over.fragments.empty());
}

TEST(Ipv4Fragments, AreAllOrNoneWhenThePoolRunsOut) {
    const Octets whole = packet_of(300).build();
    const std::size_t needed = cut(whole, 100).fragments.size();
    EXPECT_EQ(cut(whole, 100, needed + 1).reason, std::nullopt);
    const Cut short_of_one = cut(whole, 100, needed);
    EXPECT_EQ(short_of_one.reason, DropReason::no_buffer);
    EXPECT_TRUE(short_of_one.fragments.empty());
}

}  // namespace
}  // namespace flatlan::tunnel
