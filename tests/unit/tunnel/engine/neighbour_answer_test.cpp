#include "tunnel/engine/neighbour_answer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {
namespace {

/// The gateway that the kernel was, when the capture was made: the answers have to be its own.
const Gateway kGateway{mac("02:bb:00:00:00:02"), {v4("10.244.0.2"), v6("fd00:10:244::2")}};

struct Answer {
    Octets frame;
    std::optional<DropReason> reason;
};

Answer answer(const Octets& question, const Gateway& gateway = kGateway) {
    PacketPool pool{1, 2048};
    PacketBuffer frame = *pool.take_copy(kNeighbourAnswerHeadRoomBytes, question);
    const auto reason = turn_into_neighbour_answer(frame, gateway);
    return {{frame.bytes().begin(), frame.bytes().end()}, reason};
}

TEST(NeighbourAnswer, ToArpIsTheKernelsOwn) {
    const Answer got = answer(octets(captured::kArpRequest));
    EXPECT_EQ(got.reason, std::nullopt);
    EXPECT_EQ(got.frame, octets(captured::kArpReply));
}

TEST(NeighbourAnswer, LeavesThePaddingOfAShortFrameOut) {
    EXPECT_EQ(answer(octets(captured::kArpRequest) + Octets(18)).frame,
              octets(captured::kArpReply));
}

TEST(NeighbourAnswer, ToASolicitationIsTheKernelsOwnWithTheRouterFlag) {
    Octets expected = octets(captured::kNeighbourAdvertisement);
    expected[58] |= std::byte{0x80};  // from a router, which the kernel was not
    const std::uint16_t checksum = updated_checksum(0x14e3, 0x6000, 0xe000);
    expected[56] = static_cast<std::byte>(checksum >> 8U);
    expected[57] = static_cast<std::byte>(checksum & 0xffU);
    const Answer got = answer(octets(captured::kNeighbourSolicitation));
    EXPECT_EQ(got.reason, std::nullopt);
    EXPECT_EQ(got.frame, expected);
}

TEST(NeighbourAnswer, GoesToTheFramesSenderWhenTheQuestionNamesNoAddress) {
    Octets question = part(octets(captured::kNeighbourSolicitation), 0, 14 + 40 + 24);
    question[14 + 5] = std::byte{24};  // the payload length
    const auto message = std::span{question}.subspan(54);
    message[2] = message[3] = std::byte{0};
    InternetChecksum sum = pseudo_header(v6("fd00:10:244::1"), v6("ff02::1:ff00:2"),
                                         IpProtocol::icmpv6, message.size());
    sum.add(message);
    message[2] = static_cast<std::byte>(sum.value() >> 8U);
    message[3] = static_cast<std::byte>(sum.value());
    const Answer got = answer(question);
    EXPECT_EQ(got.reason, std::nullopt);
    EXPECT_EQ(part(got.frame, 0, 6), part(octets("02 bb 00 00 00 01"), 0));
    EXPECT_EQ(got.frame.size(), 14U + 40 + 32);
}

TEST(NeighbourAnswer, IsSilentForOthersAddresses) {
    const Gateway other{kGateway.mac, {v4("10.244.0.3"), v6("fd00:10:244::3")}};
    EXPECT_EQ(answer(octets(captured::kArpRequest), other).reason, DropReason::not_for_gateway);
    EXPECT_EQ(answer(octets(captured::kNeighbourSolicitation), other).reason,
              DropReason::not_for_gateway);
    const Gateway none{kGateway.mac, {}};
    EXPECT_EQ(answer(octets(captured::kArpRequest), none).reason, DropReason::not_for_gateway);
    EXPECT_EQ(answer(octets(captured::kArpReply)).reason, DropReason::not_for_gateway);
}

TEST(NeighbourAnswer, BelievesNoSolicitationThatPassedARouter) {
    Octets far = octets(captured::kNeighbourSolicitation);
    far[14 + 7] = std::byte{254};
    EXPECT_EQ(answer(far).reason, DropReason::not_for_gateway);
}

TEST(NeighbourAnswer, DropsWhatIsCutOff) {
    for (const std::string_view hex : {captured::kArpRequest, captured::kNeighbourSolicitation}) {
        const Octets question = octets(hex);
        for (std::size_t size = 0; size < question.size(); ++size)
            EXPECT_NE(answer(part(question, 0, size)).reason, std::nullopt) << size;
    }
}

TEST(NeighbourAnswer, KnowsNeighbourFramesFromOthers) {
    for (const std::string_view hex :
         {captured::kArpRequest, captured::kArpReply, captured::kNeighbourSolicitation,
          captured::kNeighbourAdvertisement})
        EXPECT_TRUE(is_neighbour_frame(octets(hex)));
    for (const std::string_view hex :
         {captured::kEchoRequest, captured::kEcho6Request, captured::kUdp6})
        EXPECT_FALSE(is_neighbour_frame(octets(hex)));
    for (std::size_t size = 0; size < 54; ++size)
        EXPECT_FALSE(is_neighbour_frame(part(octets(captured::kNeighbourSolicitation), 0, size)));
}

}  // namespace
}  // namespace flatlan::tunnel
