#include "tunnel/wire/tcp.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"

namespace flatlan::tunnel {
namespace {

Octets syn() { return part(octets(captured::kTcpSyn), 34); }

TEST(Tcp, ReadsAndWritesTheKernelsSynWithItsOptions) {
    TcpHeader expected{.source = Port{51296},
                       .destination = Port{8080},
                       .sequence = 0xb3de33be,
                       .flags = {TcpFlags::kSyn},
                       .window = 64860,
                       .checksum = 0x6ad5,
                       .options_size_bytes = 20};
    const Octets options = octets("02 04 05 82 04 02 08 0a 00 e3 f9 a1 00 00 00 00 01 03 03 0a");
    std::copy(options.begin(), options.end(), expected.options.begin());
    expect_codec(
        syn(), expected, [](auto octets) { return TcpHeader::parse(octets); },
        [](const TcpHeader& header, std::span<std::byte> out) { header.write(out); });
    EXPECT_EQ(to_string(expected),
              "51296 > 8080, SYN, sequence 3017683902, acknowledgment 0, window 64860");
}

TEST(Tcp, ReadsOptionsOfEveryLength) {
    for (std::size_t words = 0; words <= 10; ++words) {
        Octets segment = part(syn(), 0, 20) + counting_up(1, 4 * words);
        segment[12] = static_cast<std::byte>((5 + words) * 16);
        const auto parsed = TcpHeader::parse(segment);
        ASSERT_TRUE(parsed) << words;
        EXPECT_EQ(parsed->header_size_bytes(), segment.size());
        Octets written(segment.size(), kPoison);
        parsed->write(written);
        EXPECT_EQ(written, segment);
        EXPECT_EQ(TcpHeader::parse(part(segment, 0, segment.size() - 1)).reason(),
                  DropReason::truncated);
    }
}

TEST(Tcp, DropsADataOffsetUnderTheHeader) {
    for (int words = 0; words < 5; ++words) {
        Octets segment = syn();
        segment[12] = static_cast<std::byte>(words * 16);
        EXPECT_EQ(TcpHeader::parse(segment).reason(), DropReason::bad_header_length) << words;
    }
}

TEST(Tcp, IgnoresReservedBitsAndWritesThemAsZero) {
    Octets reserved = syn();
    reserved[12] |= std::byte{0x0f};
    Octets written(reserved.size(), kPoison);
    TcpHeader::parse(reserved)->write(written);
    EXPECT_EQ(written, syn());
}

TEST(Tcp, NamesItsFlags) {
    EXPECT_EQ(to_string(TcpFlags{}), "-");
    EXPECT_EQ(to_string(TcpFlags{0xff}), "FIN SYN RST PSH ACK URG ECE CWR");
    EXPECT_TRUE(TcpFlags{TcpFlags::kSyn | TcpFlags::kAck}.has(TcpFlags::kAck));
    EXPECT_FALSE(TcpFlags{TcpFlags::kSyn}.has(TcpFlags::kSyn | TcpFlags::kAck));
}

}  // namespace
}  // namespace flatlan::tunnel
