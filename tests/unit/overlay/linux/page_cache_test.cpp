#include "overlay/linux/page_cache.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/support/temporary_folder.hpp"

namespace flatlan {
namespace {

using testing::AnyOf;

/// Written in pieces, as a linker or an unpacker writes, and so cached in small pages.
std::filesystem::path write_file(const support::TemporaryFolder& folder, std::uint64_t bytes) {
    const std::filesystem::path file = folder.path() / "program";
    std::ofstream out{file, std::ios::binary};
    const std::string piece(4096, 'x');
    for (std::uint64_t done = 0; done < bytes; done += piece.size())
        out << piece;
    return file;
}

/// On the disk on which the tests were built: a temporary folder may lie in memory.
TEST(PageCache, CachesAFileInLargePages) {
    const support::TemporaryFolder folder{std::filesystem::current_path()};
    const auto file = write_file(folder, 2 * kLargePageBytes + kLargePageBytes / 2);
    const auto large = cache_in_large_pages(file);
    ASSERT_TRUE(large) << large.error().to_string();
    if (large.value() == 0) GTEST_SKIP() << "the file system of " << file << " has no large pages";
    // One, where memory has no second of that size in one piece.
    EXPECT_THAT(large.value(), AnyOf(kLargePageBytes, 2 * kLargePageBytes));
    EXPECT_GE(cache_in_large_pages(file).value(), large.value());
}

TEST(PageCache, LeavesAFileThatIsTooSmall) {
    const support::TemporaryFolder folder;
    const auto file = write_file(folder, kLargePageBytes / 2);
    EXPECT_EQ(cache_in_large_pages(file).value(), 0U);
}

TEST(PageCache, LeavesAPipe) {
    const support::TemporaryFolder folder;
    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(cache_in_large_pages(pipe).value(), 0U);
}

TEST(PageCache, NamesAFileThatIsNotThere) {
    const auto missing = cache_in_large_pages("/nonexistent/flatlan-cni");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
    EXPECT_NE(missing.error().to_string().find("/nonexistent/flatlan-cni"), std::string::npos);
}

}  // namespace
}  // namespace flatlan
