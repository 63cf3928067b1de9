#include "overlay/pod/container/container_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "overlay/pod/container/process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::pod {
namespace {

using support::TemporaryFolder;

constexpr timespec kAt{1'769'851'800, 123'456'789};  // 2026-01-31T09:30:00.123456789Z
const std::string kOut = "2026-01-31T09:30:00.123456789Z stdout ";
const std::string kErr = "2026-01-31T09:30:00.123456789Z stderr ";

class ContainerLogs : public testing::Test {
protected:
    ContainerLog make() { return ContainerLog::create(path_).value(); }
    std::string text(const std::string& suffix = "") { return read_whole_file(path_ + suffix); }

    const TemporaryFolder folder_;
    const std::string path_ = (folder_.path() / "a" / "b" / "0.log").string();
};

TEST_F(ContainerLogs, HaveTheTimeAndTheStreamOfEachLine) {
    ContainerLog log = make();
    ASSERT_TRUE(log.append(LogStream::output, "one\ntw", kAt));
    ASSERT_TRUE(log.append(LogStream::error, "oops\n", kAt));
    ASSERT_TRUE(log.append(LogStream::output, "o\n\nlast", kAt));
    EXPECT_EQ(text(), kOut + "F one\n" + kErr + "F oops\n" + kOut + "F two\n" + kOut + "F \n");
    ASSERT_TRUE(log.finish(kAt));
    EXPECT_TRUE(text().ends_with(kOut + "F last\n"));
}

TEST_F(ContainerLogs, CutALongLineInPieces) {
    ContainerLog log = make();
    const std::string line(2 * ContainerLog::kLineSizeMaxBytes + 1, 'x');
    ASSERT_TRUE(log.append(LogStream::output, line + "\n", kAt));
    const std::string piece(ContainerLog::kLineSizeMaxBytes, 'x');
    EXPECT_EQ(text(), kOut + "P " + piece + "\n" + kOut + "P " + piece + "\n" + kOut + "F x\n");
}

TEST_F(ContainerLogs, CutALineThatComesLittleByLittle) {
    ContainerLog log = make();
    for (std::size_t i = 0; i < ContainerLog::kLineSizeMaxBytes + 2; ++i)
        ASSERT_TRUE(log.append(LogStream::output, "y", kAt));
    ASSERT_TRUE(log.append(LogStream::output, "\n", kAt));
    const std::string piece(ContainerLog::kLineSizeMaxBytes, 'y');
    EXPECT_EQ(text(), kOut + "P " + piece + "\n" + kOut + "F yy\n");
}

TEST_F(ContainerLogs, TakeNoMoreRoomThanTheyMay) {
    ContainerLog log = make();
    const std::string chunk(60'000, 'z');
    for (int i = 0; i < 120; ++i)
        ASSERT_TRUE(log.append(LogStream::output, chunk + "\n", kAt));
    ASSERT_TRUE(log.append(LogStream::output, "the end\n", kAt));
    for (const std::string suffix : {"", ".1", ".2"}) {
        EXPECT_FALSE(text(suffix).empty()) << suffix;
        EXPECT_LE(text(suffix).size(), ContainerLog::kFileSizeMaxBytes) << suffix;
    }
    EXPECT_TRUE(text(".3").empty());
    EXPECT_TRUE(text().ends_with("F the end\n"));
}

TEST_F(ContainerLogs, KeepTheOlderFilesWhileNoNewOneCanBeMade) {
    ContainerLog log = make();
    const std::string chunk(60'000, 'z');
    ASSERT_TRUE(log.append(LogStream::output, "the oldest\n", kAt));
    while (text(".1").empty())
        ASSERT_TRUE(log.append(LogStream::output, chunk + "\n", kAt));
    ASSERT_TRUE(log.append(LogStream::output, "the next\n", kAt));
    while (text().size() + chunk.size() + 1000 < ContainerLog::kFileSizeMaxBytes)
        ASSERT_TRUE(log.append(LogStream::output, chunk + "\n", kAt));

    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(log.append(LogStream::output, chunk + "\n", kAt));
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);

    ASSERT_TRUE(log.append(LogStream::output, chunk + "\nthe end\n", kAt));
    EXPECT_TRUE(text().ends_with("F the end\n"));
    EXPECT_THAT(text(".1"), testing::HasSubstr("F the next\n"));
    EXPECT_THAT(text(".2"), testing::HasSubstr("F the oldest\n"));
}

TEST(ContainerLog, SaysWhyItCannotBeMade) {
    const auto log = ContainerLog::create("/proc/nowhere/0.log");
    ASSERT_FALSE(log);
    EXPECT_THAT(log.error().to_string(), testing::HasSubstr("/proc/nowhere"));
}

}  // namespace
}  // namespace flatlan::pod
