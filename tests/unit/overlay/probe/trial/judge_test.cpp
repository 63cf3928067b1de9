#include <gtest/gtest.h>

#include <cerrno>

#include "overlay/probe/trial/path_mtu.hpp"
#include "overlay/probe/trial/stream.hpp"
#include "overlay/probe/trial/transfer.hpp"

namespace flatlan::trial {
namespace {

using probe::Finding;
using probe::Property;
using probe::Refusal;
using probe::RefusalKind;
using probe::Verdict;

constexpr Refusal kTooLarge{.kind = RefusalKind::too_large, .errno_value = EMSGSIZE};

PathMtuSeen exact() {
    return {
        .largest = {.octets = 1450, .arrived = true, .tries = 1},
        .larger = SizeSeen{.octets = 1451, .refusal = kTooLarge, .told_octets = 1450, .tries = 1}};
}

TEST(JudgePathMtu, HoldsWhenOneOctetMoreIsRefusedWithIt) {
    EXPECT_FALSE(judge(exact()));
    PathMtuSeen largest_there_is = exact();
    largest_there_is.larger.reset();
    EXPECT_FALSE(judge(largest_there_is));
}

TEST(JudgePathMtu, CallsSilenceABlackHoleAndSaysWhatPasses) {
    PathMtuSeen seen{.largest = {.octets = 1450, .tries = 3}, .larger = {}, .passing_octets = 1400};
    const auto found = judge(seen);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->finding, (Finding{Property::largest_arrives, Verdict::mtu_black_hole}));
    EXPECT_EQ(found->words,
              "1450 octets vanished in 3 tries, and nobody said that they were too many; "
              "1400 octets arrive");
}

TEST(JudgePathMtu, WantsWhatIsTooLargeRefusedWithTheRightNumberAndNotLost) {
    PathMtuSeen seen = exact();
    seen.larger->told_octets = 1300;
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::larger_refused, Verdict::mtu_black_hole}));
    seen.larger->refusal.reset();
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::larger_refused, Verdict::mtu_black_hole}));
    seen.larger->arrived = true;
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::larger_refused, Verdict::unknown}));
    seen = exact();
    seen.larger->refusal->kind = RefusalKind::prohibited;
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::larger_refused, Verdict::filtered}));
}

TEST(Arrivals, CountsWhatCameTwiceAndWhatWasOvertaken) {
    const std::vector<std::uint32_t> numbers{0, 2, 1, 2, 4, 3, 4};
    EXPECT_EQ(Arrivals::of(numbers, 6), (Arrivals{.came = 5, .twice = 2, .overtaken = 2}));
    EXPECT_EQ(Arrivals::of({}, 6), Arrivals{});
}

TEST(JudgeStream, NamesLossFirstThenRepetitionThenOrder) {
    StreamSeen seen{.sent = 32, .requests = {.came = 32}, .answers = {.came = 32}};
    EXPECT_FALSE(judge(seen));
    seen.answers.overtaken = 1;
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::in_order, Verdict::unknown}));
    seen.requests.twice = 1;
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::once, Verdict::unknown}));
    seen.answers.came = 30;
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::none_lost, Verdict::loss}));
    EXPECT_EQ(judge(seen)->words, "0 of 32 packets did not arrive, nor did 2 of 32 answers");
    EXPECT_TRUE(judge(seen)->silent);
}

TEST(Pattern, IsTheSameFromAnyPlaceAndSeesTheFirstChange) {
    const Pattern pattern{5};
    std::vector<std::byte> octets;
    while (octets.size() < 200'000) {
        const auto piece = pattern.from(octets.size());
        octets.insert(octets.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(Pattern{5}.count_equal(0, octets), octets.size());
    EXPECT_EQ(pattern.count_equal(70'000, std::span{octets}.subspan(70'000, 1000)), 1000U);
    octets[150'001] ^= std::byte{1};
    EXPECT_EQ(pattern.count_equal(0, octets), 150'001U);
    EXPECT_LT(Pattern{6}.count_equal(0, octets), 8U);
}

TEST(JudgeTransfer, TellsChangedContentFromATransferThatStops) {
    TransferSeen seen{.octets = 1000, .arrived = 1000, .connected = true};
    EXPECT_FALSE(judge(seen));
    seen.arrived = 0;
    EXPECT_EQ(judge(seen)->finding, (Finding{Property::content_kept, Verdict::checksum_fault}));
    EXPECT_EQ(
        judge(seen)->words,
        "it stopped after 0 of 1000 octets, though small packets pass: large segments vanish");
    seen.errno_value = ECONNRESET;
    EXPECT_EQ(judge(seen)->finding.verdict, Verdict::unknown);
    seen.errno_value = EMFILE;
    EXPECT_EQ(judge(seen)->finding.verdict, Verdict::tester_overloaded);
    seen = {.octets = 1000, .arrived = 400, .connected = true, .changed = true};
    EXPECT_EQ(judge(seen)->finding.verdict, Verdict::checksum_fault);
    EXPECT_EQ(judge(seen)->words,
              "after 400 of 1000 octets what arrived was not what had been sent");
}

}  // namespace
}  // namespace flatlan::trial
