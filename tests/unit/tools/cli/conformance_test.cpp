#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"
#include "tools/conformance/trial_run.hpp"

namespace flatlan::cli {
namespace {

namespace kit = conformance;
using testing::HasSubstr;

void expect_golden(const std::string& name, const std::string& text) {
    EXPECT_EQ(text, golden(name, text));
}

/// Two clauses in two versions: one passes, one fails in the newer version and does not apply in
/// the older one.
kit::Report sample_report() {
    const Duration took = std::chrono::microseconds{1500};
    return {.plugin = "/opt/cni/bin/sample",
            .network = "net",
            .supported = {"0.4.0", "1.0.0"},
            .clauses = {{.id = "del.twice",
                         .title = "A second DEL succeeds",
                         .source = "2, DEL",
                         .level = kit::Level::must,
                         .test = {}},
                        {.id = "gc.node",
                         .title = "GC takes <what> is no longer \"valid\"",
                         .source = "2, GC",
                         .level = kit::Level::should,
                         .test = {}}},
            .findings = {{.clause = 0, .version = kit::Version::v0_4_0, .seen = "ok", .took = took},
                         {.clause = 0, .version = kit::Version::v1_0_0, .seen = "ok", .took = took},
                         {.clause = 1,
                          .version = kit::Version::v0_4_0,
                          .verdict = kit::Verdict::not_applicable,
                          .seen = "too old"},
                         {.clause = 1,
                          .version = kit::Version::v1_0_0,
                          .verdict = kit::Verdict::fail,
                          .seen = "left on the node: interface p1 & p2",
                          .took = took}},
            .took = took};
}

TEST(Conformance, ReportsInThreeForms) {
    const kit::Report report = sample_report();
    expect_golden("answers/cni-conformance.json", kit::report_json(report) + "\n");
    expect_golden("cni-conformance.txt", kit::report_text(report));
    expect_golden("cni-conformance.xml", kit::report_junit(report));
}

TEST(Conformance, EveryClauseSaysWhatHoldsAndWhereThatStands) {
    for (const kit::Clause& clause : kit::all_clauses()) {
        SCOPED_TRACE(clause.id);
        EXPECT_FALSE(clause.title.empty());
        EXPECT_FALSE(clause.source.empty());
        EXPECT_TRUE(clause.test);
        // What the specification does not say is not said to be in it.
        const bool in_specification = clause.source.find_first_of("0123456789") == 0 ||
                                      clause.source.starts_with("conventions");
        EXPECT_EQ(in_specification, clause.level != kit::Level::practice);
    }
}

TEST(Conformance, NeedsAPluginAndAConfiguration) {
    FakeLabs labs;
    const auto without = run_flatlan(labs, {"cni", "conformance"});
    EXPECT_EQ(without.status, ExitStatus::wrong_input);
    EXPECT_THAT(without.err, HasSubstr("--plugin"));
    const auto listed = run_flatlan(labs, {"cni", "conformance", "--list"});
    EXPECT_EQ(listed.status, ExitStatus::yes);
    EXPECT_THAT(listed.out, HasSubstr("del.twice\tmust\t2, DEL\tA second DEL succeeds\n"));
}

}  // namespace
}  // namespace flatlan::cli
