#include "overlay/probe/cluster/notes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "overlay/base/prng.hpp"
#include "overlay/probe/cluster/probe_records.hpp"
#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

constexpr Lane kLane{IpFamily::ipv6, Protocol::tcp};

Endpoint end(std::uint64_t low, std::uint16_t port) {
    return {Ipv6Address::from_halves(0xfd00'0010'0244'0000, low), Port{port}};
}

/// Notes with everything that evidence can have.
std::vector<CheckNote> every_kind() {
    const Pair pair{MemberId{3}, MemberId{0}};
    std::vector<CheckNote> notes(9, CheckNote{pair, kLane, {}});
    notes[0].evidence = {.seen = true, .tries = 3};
    notes[1].evidence.fault = MemberFault{MemberId{3}, Verdict::pod_missing, 2};
    notes[2].evidence = {.source = end(1, 4000), .destination = end(2, 80), .answered = true};
    notes[3].evidence.sighting = Sighting{MemberId{1}, end(9, 1), end(2, 80), std::nullopt};
    notes[4].evidence.answer_from = Endpoint{Ipv4Address{0x0af4'0001}, Port{7}};
    notes[5].evidence.refusal = Refusal{RefusalKind::no_route, end(5, 0).address, 113};
    notes[6].evidence.refusal = Refusal{RefusalKind::own_limit, std::nullopt, 24};
    notes[7].evidence.hops = HopsSeen{MemberId{2}, 60, 62};
    notes[8].evidence = {.twice = MemberId{2}, .overloaded = true};
    return notes;
}

TEST(CheckNote, ComesBackFromItsWords) {
    for (const CheckNote& note : every_kind()) {
        const auto read = note_from_words(to_words(note), 4);
        ASSERT_TRUE(read) << to_words(note);
        EXPECT_EQ(read.value(), note) << to_words(note);
    }
}

TEST(CheckNote, IsRefusedWhenItNamesAMemberThatIsNotThere) {
    for (const CheckNote& note : every_kind())
        EXPECT_FALSE(note_from_words(to_words(note), 3)) << to_words(note);
    EXPECT_FALSE(note_from_words("6 tcp 0 0 s", 0));
}

TEST(CheckNote, IsRefusedWhereverItIsCutOffInAWord) {
    for (const std::string words : {"",
                                    "6",
                                    "6 tcp 1",
                                    "5 tcp 0 0",
                                    "6 sctp 0 0",
                                    "6 tcp 0 x",
                                    "6 tcp 0 -1",
                                    "6 tcp 0 0 ",
                                    "6 tcp 0 0 z",
                                    "6 tcp 0 0 t",
                                    "6 tcp 0 0 t256",
                                    "6 tcp 0 0 S10.0.0.1",
                                    "6 tcp 0 0 S10.0.0.1,65536",
                                    "6 tcp 0 0 F1,pod_missing",
                                    "6 tcp 0 0 F1,nonsense,2",
                                    "6 tcp 0 0 R8,0",
                                    "6 tcp 0 0 R1",
                                    "6 tcp 0 0 R1,2,here",
                                    "6 tcp 0 0 H1,2",
                                    "6 tcp 0 0 G1,10.0.0.1,2,10.0.0.2"}) {
        const auto read = note_from_words(words, 4);
        ASSERT_FALSE(read) << words;
        EXPECT_EQ(read.error().code(), ErrorCode::corrupt) << words;
    }
}

TEST(Notes, ComeBackFromPagesOfAnySize) {
    constexpr std::size_t kMembers = 70;
    Notes notes{every_kind(), {}, std::chrono::milliseconds{612}};
    Prng prng{1};
    for (std::uint32_t to = 0; to < kMembers; ++to)
        for (std::uint32_t from = 0; from < kMembers; ++from)
            if (prng.chance(1, 3)) notes.seen.push_back({kLane, {MemberId{from}, MemberId{to}}});
    std::ranges::sort(notes.seen);
    for (const std::size_t size : {200UL, 1000UL, kNotePageMaxBytes}) {
        Notes read;
        for (const std::string& page : to_pages(notes, kMembers, size)) {
            EXPECT_LE(page.size(), size);
            ASSERT_TRUE(add_page(page, kMembers, read));
        }
        std::ranges::sort(read.seen);
        EXPECT_EQ(read.checks, notes.checks);
        EXPECT_EQ(read.seen, notes.seen);
        EXPECT_EQ(read.stalled, notes.stalled);
    }
    EXPECT_TRUE(to_pages({}, kMembers).empty());
}

TEST(Notes, AreRefusedWithABitOfNobody) {
    Notes notes;
    EXPECT_TRUE(add_page("flatlan probe-notes 1\nseen 4 udp 0 3\n", 2, notes));
    EXPECT_EQ(notes.seen.size(), 2U);
    for (const std::string field :
         {"seen 4 udp 0 4", "seen 4 udp 2 1", "seen 4 udp 0 g", "seen 4 udp 0", "check 4 udp 0"})
        EXPECT_FALSE(add_page("flatlan probe-notes 1\n" + field + "\n", 2, notes)) << field;
    EXPECT_EQ(add_page("flatlan probe-notes 2\n", 2, notes).error().code(), ErrorCode::unsupported);
}

TEST(ProbeRecords, ComeBackAsTheyWere) {
    const NodeName n1 = NodeName::from("n1").value();
    const MemberSheet sheet{cluster_of(1, 2), "a trouble\nin two lines"};
    const MemberSheet read = members_from_record(to_record(sheet), n1).value();
    EXPECT_EQ(read.members, sheet.members);
    EXPECT_EQ(read.trouble, "a trouble in two lines");

    // A node speaks for itself, and names can be read.
    for (const char* const wrong :
         {"node node/n2 10.244.0.1", "node n1 10.244.0.1", "pod node/n2 10.244.0.1",
          "pod a\x1b[2J 10.244.0.1", "pod a\r 10.244.0.1", "pod a\xe2\x80\xae 10.244.0.1"})
        EXPECT_FALSE(
            members_from_record("flatlan probe-members 1\nmember " + std::string{wrong} + "\n", n1))
            << wrong;

    Roster roster{0xffff'ffff, {n1}, {}};
    roster.request.families = {IpFamily::ipv6};
    roster.request.pairs = {{"*", "node/n1"}};
    roster.request.with_nodes = false;
    roster.request.sample = 7;
    roster.request.seed = 9;
    EXPECT_EQ(to_record(roster_from_record(to_record(roster)).value()), to_record(roster));

    const PortSheet ports{{{MemberId{1}, kLane, Port{4000}}},
                          {{kLane, {MemberId{0}, Verdict::address_missing, 99}}}};
    const auto members = cluster_of(1, 2);
    const std::span two{members.data(), 2};
    EXPECT_EQ(to_record(ports_from_record(to_record(ports), two, n1).value()), to_record(ports));
    EXPECT_FALSE(ports_from_record(to_record(ports), two.first(1), n1));

    const std::vector<MemberId> gone{MemberId{0}, MemberId{2}};
    EXPECT_EQ(gone_from_record(gone_record(gone), members, n1).value(), gone);
    EXPECT_FALSE(gone_from_record(gone_record(gone), two, n1));
    EXPECT_TRUE(gone_from_record(gone_record({}), {}, n1).value().empty());

    const auto asked = request_from_record(request_record({"123", n1})).value();
    EXPECT_EQ(asked.run, "123");
    EXPECT_EQ(asked.asker, n1);
}

TEST(ProbeRecords, OfANodeSayNothingOfTheMembersOfOthers) {
    const auto members = cluster_of(2, 1);  // n1 and n2, and a pod of each
    const NodeName n2 = NodeName::from("n2").value();
    const PortSheet ports{{{MemberId{2}, kLane, Port{4000}}, {MemberId{3}, kLane, Port{4001}}},
                          {{kLane, {MemberId{0}, Verdict::address_missing, 99}},
                           {kLane, {MemberId{1}, Verdict::address_missing, 99}}}};
    const auto read = ports_from_record(to_record(ports), members, n2).value();
    ASSERT_EQ(read.servers.size(), 1U);
    EXPECT_EQ(read.servers[0].member, MemberId{3});
    ASSERT_EQ(read.faults.size(), 1U);
    EXPECT_EQ(read.faults[0].fault.member, MemberId{1});
    const std::vector<MemberId> all{MemberId{0}, MemberId{1}, MemberId{2}, MemberId{3}};
    EXPECT_EQ(gone_from_record(gone_record(all), members, n2).value(),
              (std::vector<MemberId>{MemberId{1}, MemberId{3}}));
}

}  // namespace
}  // namespace flatlan::probe
