#include "tools/reach/report/report_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.hpp"

namespace flatlan::reach {
namespace {

namespace fs = std::filesystem;

class ReportFileTest : public testing::Test {
protected:
    std::string text() const {
        std::ostringstream text;
        text << std::ifstream{path_}.rdbuf();
        return text.str();
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator{folder_.path()}, fs::directory_iterator{}));
    }

    support::TemporaryFolder folder_;
    fs::path path_ = folder_.path() / "report.html";
};

TEST_F(ReportFileTest, ReplacesWhatStoodThereAndLeavesNothingElse) {
    std::ofstream{path_} << "the one before";
    auto file = ReportFile::open(path_).value();
    EXPECT_EQ(text(), "the one before");
    ASSERT_TRUE(file.write("the new one"));
    EXPECT_EQ(text(), "the new one");
    EXPECT_EQ(files(), 1U);
}

TEST_F(ReportFileTest, LeavesWhatStoodThereWhenThereIsNoReport) {
    std::ofstream{path_} << "the one before";
    { const auto file = ReportFile::open(path_).value(); }
    EXPECT_EQ(text(), "the one before");
    EXPECT_EQ(files(), 1U);
}

TEST_F(ReportFileTest, TakesAPathThatNoFileCanHaveForWrongInput) {
    const std::string folder = folder_.path();
    for (const std::string& path :
         {std::string{}, folder, folder + "/", folder + "/none/report.html", folder + "/none/"}) {
        const auto file = ReportFile::open(path);
        ASSERT_FALSE(file) << path;
        EXPECT_EQ(file.error().code(), ErrorCode::invalid_argument) << path;
    }
    EXPECT_EQ(files(), 0U);
}

TEST_F(ReportFileTest, SaysAtOnceThatAPathCannotBeWritten) {
    const auto absent = ReportFile::open(folder_.path() / "none" / "report.html");
    ASSERT_FALSE(absent);
    EXPECT_NE(absent.error().to_string().find("none/report.html"), std::string::npos);
    const auto is_folder = ReportFile::open(folder_.path());
    ASSERT_FALSE(is_folder);
    EXPECT_NE(is_folder.error().to_string().find("Is a directory"), std::string::npos);
    // In which nobody makes a file, root neither; that none is there yet is not why.
    const auto closed = ReportFile::open("/sys/report.html");
    ASSERT_FALSE(closed);
    EXPECT_NE(closed.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(closed.error().to_string().find("No such file"), std::string::npos)
        << closed.error().to_string();
}

}  // namespace
}  // namespace flatlan::reach
