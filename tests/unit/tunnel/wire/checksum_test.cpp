#include "tunnel/wire/checksum.hpp"

#include <gtest/gtest.h>

#include "overlay/base/bytes.hpp"
#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"

namespace flatlan::tunnel {
namespace {

/// RFC 1071, section 1, word by word: the slow model.
std::uint16_t slow_checksum(std::span<const std::byte> octets) {
    ByteReader in{octets};
    std::uint64_t sum = 0;
    while (in.rest().size() >= 2)
        sum += in.u16();
    if (!in.rest().empty()) sum += std::uint64_t{in.u8()} << 8U;
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

TEST(Checksum, GivesTheExampleOfRfc1071) {
    EXPECT_EQ(internet_checksum(octets("00 01 f2 03 f4 f5 f6 f7")), 0x220d);  // ~0xddf2
}

TEST(Checksum, OfNothingIsAllOnes) {
    EXPECT_EQ(internet_checksum({}), 0xffff);
    EXPECT_EQ(internet_checksum(Octets(64)), 0xffff);
}

TEST(Checksum, AgreesWithTheSlowModelAtEveryAlignmentAndLength) {
    Prng prng{1};
    const Octets random = random_octets(prng, 512);
    for (std::size_t start = 0; start < 16; ++start)
        for (std::size_t size = 0; size <= 300; ++size) {
            const auto run = std::span{random}.subspan(start, size);
            ASSERT_EQ(internet_checksum(run), slow_checksum(run)) << start << "+" << size;
        }
}

// Sums of 0xff octets carry out of every word at every step.
TEST(Checksum, LosesNoCarry) {
    for (std::size_t size = 0; size < 200; ++size) {
        Octets ones(size, std::byte{0xff});
        ASSERT_EQ(internet_checksum(ones), slow_checksum(ones)) << size;
        if (size == 0) continue;
        ones[size / 2] = std::byte{0x01};
        ASSERT_EQ(internet_checksum(ones), slow_checksum(ones)) << size;
    }
}

TEST(Checksum, OfTheLargestPacketIsRight) {
    Prng prng{2};
    const Octets random = random_octets(prng, 65535);
    EXPECT_EQ(internet_checksum(random), slow_checksum(random));
}

TEST(Checksum, ComesOutTheSameHoweverTheOctetsAreCutIntoRuns) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        const Octets random = random_octets(prng, prng.below(400));
        InternetChecksum sum;
        std::span<const std::byte> rest{random};
        while (!rest.empty()) {
            const std::size_t count = 1 + prng.below(rest.size());
            sum.add(rest.first(count));
            rest = rest.subspan(count);
        }
        ASSERT_EQ(sum.value(), slow_checksum(random));
    }
}

TEST(Checksum, CopiesEveryOctetWhileItAdds) {
    Prng prng{3};
    const Octets random = random_octets(prng, 300);
    for (std::size_t size = 0; size <= 300; ++size) {
        Octets copy(size + 1, kPoison);
        InternetChecksum sum;
        sum.add_copied(copy, std::span{random}.first(size));
        ASSERT_EQ(part(copy, 0, size), part(random, 0, size)) << size;
        ASSERT_EQ(copy[size], kPoison) << size;
        ASSERT_EQ(sum.value(), slow_checksum(std::span{random}.first(size))) << size;
    }
}

TEST(Checksum, GivesTheExampleOfRfc1624) {
    EXPECT_EQ(updated_checksum(0xdd2f, 0x5555, 0x3285), 0x0000);
}

TEST(Checksum, UpdatedStaysWhatAFreshOneWouldBe) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        Octets header = random_octets(prng, 20);
        const std::uint16_t before = internet_checksum(header);
        const std::uint16_t was = ByteReader{std::span{header}.subspan(8)}.u16();
        const auto is = static_cast<std::uint16_t>(prng.next());
        ByteWriter{std::span{header}.subspan(8)}.u16(is);
        ASSERT_EQ(updated_checksum(before, was, is), internet_checksum(header));
    }
}

TEST(Checksum, HoldsForWhatTheKernelSentWithEachPseudoHeader) {
    const Octets udp = part(octets(captured::kUdp), 34);
    InternetChecksum sum =
        pseudo_header(v4("10.244.0.1"), v4("10.244.0.2"), IpProtocol::udp, udp.size());
    sum.add(udp);
    EXPECT_TRUE(sum.holds());

    const Octets udp6 = part(octets(captured::kUdp6), 54);
    InternetChecksum sum6 =
        pseudo_header(v6("fd00:10:244::1"), v6("fd00:10:244::2"), IpProtocol::udp, udp6.size());
    sum6.add(udp6);
    EXPECT_TRUE(sum6.holds());
    sum6.add_u16(1);
    EXPECT_FALSE(sum6.holds());
}

}  // namespace
}  // namespace flatlan::tunnel
