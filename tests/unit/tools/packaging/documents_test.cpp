#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/packaging/documents/manual_page.hpp"
#include "tools/packaging/documents/settings_file.hpp"

namespace flatlan::packaging {
namespace {

using testing::HasSubstr;

const Release kRelease{"flatlan 1.2.3"};

TEST(ManualPage, EscapesWhatManWouldTakeForACommand) {
    EXPECT_EQ(escaped(".SH is -o 'text' \\"), "\\&.SH is \\-o \\(aqtext\\(aq \\e");
    EXPECT_EQ(escaped("'quoted"), "\\&\\(aqquoted");
}

TEST(ManualPage, SaysWhatHelpSays) {
    const cli::Usage usage{.verb = "dig",
                           .summary = "Dig a hole",
                           .description = "Digs\na hole.\n\nDeeper with --deep.",
                           .positionals = {{.name = "WHERE", .summary = "The place"}},
                           .options = {{.name = "deep", .letter = 'd', .summary = "Go on"}},
                           .examples = {{"flatlan dig here", "a hole"}}};
    const std::string page = manual_page(
        {.name = "flatlan-dig", .see_also = {"flatlan(1)", "flatland(8)"}}, usage, kRelease);
    EXPECT_THAT(page, testing::StartsWith(".TH FLATLAN\\-DIG 1 \"\" \"flatlan 1.2.3\" flatlan\n"
                                          ".SH NAME\nflatlan\\-dig \\- Dig a hole\n"
                                          ".SH SYNOPSIS\nflatlan dig WHERE [OPTION...]\n"
                                          ".SH DESCRIPTION\nDigs\na hole.\n.PP\nDeeper"));
    EXPECT_THAT(page, HasSubstr(".SH WORDS\n.TP\n.B WHERE\nThe place\n"));
    EXPECT_THAT(page, HasSubstr(".TP\n.B \\-d, \\-\\-deep\nGo on\n"));
    EXPECT_THAT(page, HasSubstr(".TP\n.B \\-h, \\-\\-help\n"));
    EXPECT_THAT(page, HasSubstr(".TP\n.B flatlan dig here\na hole\n"));
    EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS\n0 yes, 1 no"));
    EXPECT_THAT(page, HasSubstr(".SH SEE ALSO\n.BR flatlan (1),\n.BR flatland (8)\n"));
}

TEST(ManualPage, TheOverviewLeavesHiddenVerbsOut) {
    std::vector<cli::Verb> verbs(2);
    verbs[0].usage = {.verb = "dig", .summary = "Dig a hole"};
    verbs[1].usage = {.verb = "__secret"};
    verbs[1].hidden = true;
    const std::string page = overview_page(verbs, kRelease);
    EXPECT_THAT(page, HasSubstr(".B dig\nDig a hole\n"));
    EXPECT_THAT(page, HasSubstr(".BR flatlan\\-dig (1)"));
    EXPECT_THAT(page, testing::Not(HasSubstr("secret")));
}

TEST(SettingsFile, IsReadByTheDaemonWithWhatWasChosenInForce) {
    const std::string text = settings_file(
        daemon::all_settings(), {{"cni.conflist", "/etc/cni/net.d/10-flatlan.conflist"}});
    daemon::Settings settings;
    const auto read = daemon::read_settings_file(text, "flatland.yaml", settings);
    ASSERT_TRUE(read) << read.error().to_string() << '\n' << text;
    EXPECT_EQ(settings.given.size(), 1U);
    EXPECT_EQ(settings.conflist, "/etc/cni/net.d/10-flatlan.conflist");
}

TEST(SettingsFile, NamesEverySettingWhereTheDaemonLooksForIt) {
    for (const daemon::Setting& setting : daemon::all_settings()) {
        const std::string path{setting.path};
        const std::string text = settings_file(daemon::all_settings(), {{path, "'?'"}});
        EXPECT_THAT(text, HasSubstr("  " + path.substr(path.rfind('.') + 1) + ": '?'\n"));
        EXPECT_THAT(text, HasSubstr("# " + std::string{setting.summary} + "\n"));
        daemon::Settings settings;
        const auto read = daemon::read_settings_file(text, "flatland.yaml", settings);
        // It is found; that its value is wrong is another matter.
        const bool unknown = !read && read.error().to_string().find("no setting") != text.npos;
        EXPECT_FALSE(unknown) << read.error().to_string();
    }
}

}  // namespace
}  // namespace flatlan::packaging
