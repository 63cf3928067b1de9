#include "overlay/pod/image/tar_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/overlay/pod/image/test_layout.hpp"

namespace flatlan::pod {
namespace {

/// Hands a text over in pieces, as a stream does.
TarReader::Source source_of(const std::string& text) {
    auto at = std::make_shared<std::size_t>(0);
    return [text, at](std::span<char> into) -> Result<std::size_t> {
        const std::size_t count = std::min(into.size(), text.size() - *at);
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(*at), count, into.begin());
        *at += count;
        return count;
    };
}

std::string contents_of(TarReader& archive) {
    std::string text;
    char piece[100];
    for (std::size_t count = 1; count > 0;) {
        count = archive.read(piece).value();
        text.append(piece, count);
    }
    return text;
}

TEST(TarReader, ReadsEntriesAndTheirContents) {
    const std::string large(1000, 'x');
    TarReader archive{source_of(
        TarText{}.folder("d/").file("d/a", "one").file("big", large).link("l", "d/a").text())};
    auto entry = archive.next().value();
    EXPECT_EQ(entry->kind, TarKind::folder);
    EXPECT_EQ(entry->mode, 0755U);
    entry = archive.next().value();
    EXPECT_EQ(entry->path, "d/a");
    EXPECT_EQ(contents_of(archive), "one");
    entry = archive.next().value();
    EXPECT_EQ(entry->size_bytes, 1000U);
    EXPECT_EQ(contents_of(archive), large);
    entry = archive.next().value();
    EXPECT_EQ(entry->kind, TarKind::link);
    EXPECT_EQ(entry->target, "d/a");
    EXPECT_FALSE(archive.next().value());
}

TEST(TarReader, PassesOverContentsThatNobodyReads) {
    TarReader archive{source_of(TarText{}.file("a", std::string(5000, 'x')).file("b", "").text())};
    ASSERT_TRUE(archive.next().value());
    EXPECT_EQ(archive.next().value()->path, "b");
}

TEST(TarReader, TakesLongNamesOfBothKinds) {
    const std::string name(300, 'n');
    TarReader archive{source_of(TarText{}
                                    .add("././@LongLink", 'L', name + '\0')
                                    .file("short", "1")
                                    .add("pax", 'x', "310 path=" + name + "\n")
                                    .file("short", "2")
                                    .file("plain", "3")
                                    .text())};
    EXPECT_EQ(archive.next().value()->path, name);
    EXPECT_EQ(archive.next().value()->path, name);
    EXPECT_EQ(contents_of(archive), "2");
    EXPECT_EQ(archive.next().value()->path, "plain");
}

TEST(TarReader, TakesTimesInBinary) {
    const std::string before_1970 = std::string(11, '\xff') + '\xfe';
    const std::string small = '\x80' + std::string(10, '\0') + '\5';
    const std::string too_early = std::string(3, '\xff') + '\xfe' + std::string(8, '\0');
    TarReader archive{source_of(TarText{}
                                    .modified(before_1970)
                                    .file("a", "")
                                    .modified(small)
                                    .file("b", "")
                                    .modified(too_early)
                                    .file("c", "")
                                    .text())};
    EXPECT_EQ(archive.next().value()->modified, -2);
    EXPECT_EQ(archive.next().value()->modified, 5);
    EXPECT_FALSE(archive.next());
}

TEST(TarReader, RefusesEveryTruncation) {
    const std::string whole = TarText{}.file("a", "contents").text();
    for (std::size_t size = 1; size < 1024; ++size) {
        TarReader archive{source_of(whole.substr(0, size))};
        auto entry = archive.next();
        if (entry && entry.value()) entry = archive.next();
        EXPECT_FALSE(entry) << size;
    }
}

TEST(TarReader, RefusesWhatIsNoArchive) {
    std::string text = TarText{}.file("a", "contents").text();
    text[0] = 'b';  // the checksum is another one
    TarReader changed{source_of(text)};
    EXPECT_FALSE(changed.next());
    TarReader other{source_of(TarText{}.add("a", 'Z').text())};
    EXPECT_FALSE(other.next());
    for (const char* pax : {"9999 path=a\n", "5 a\n", "x path=a\n", "10 path=aa\n"}) {
        TarReader wrong{source_of(TarText{}.add("p", 'x', pax).file("a", "").text())};
        EXPECT_FALSE(wrong.next()) << pax;
    }
}

}  // namespace
}  // namespace flatlan::pod
