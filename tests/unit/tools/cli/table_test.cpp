#include "tools/cli/table.hpp"

#include <gtest/gtest.h>

namespace flatlan::cli {
namespace {

const Terminal kWide{.interactive = true, .columns = 120};
const Terminal kNarrow{.interactive = true, .columns = 30};

Table addresses() {
    Table table{{{"POD"}, {"N", Table::Align::right}, {"ADDRESS"}}};
    table.add({{"web"}, {"1"}, {"10.244.0.1", "fd00:10:244::1"}});
    table.add({{"database-0"}, {"12"}, {"10.244.0.2", "fd00:10:244::2"}});
    return table;
}

TEST(Table, AlignsItsColumnsAndEndsNoLineWithBlanks) {
    EXPECT_EQ(addresses().render(kWide),
              "POD          N  ADDRESS\n"
              "web          1  10.244.0.1,fd00:10:244::1\n"
              "database-0  12  10.244.0.2,fd00:10:244::2\n");
}

TEST(Table, PutsValuesBelowEachOtherWhereTheTerminalIsNarrow) {
    EXPECT_EQ(addresses().render(kNarrow),
              "POD          N  ADDRESS\n"
              "web          1  10.244.0.1\n"
              "                fd00:10:244::1\n"
              "database-0  12  10.244.0.2\n"
              "                fd00:10:244::2\n");
}

TEST(Table, UsesAsFewLinesAsLetItFit) {
    Table table{{{"NODE"}, {"OVERLAY"}, {"BLOCKS"}}};
    table.add({{"n1"}, {"10.0.0.0", "fd00::"}, {"10.0.0.0/26", "10.0.1.0/26", "fd00::/122"}});
    EXPECT_EQ(table.render({.interactive = true, .columns = 40}),
              "NODE  OVERLAY   BLOCKS\n"
              "n1    10.0.0.0  10.0.0.0/26,10.0.1.0/26\n"
              "      fd00::    fd00::/122\n");
    EXPECT_EQ(table.render({.interactive = true, .columns = 30}),
              "NODE  OVERLAY   BLOCKS\n"
              "n1    10.0.0.0  10.0.0.0/26\n"
              "      fd00::    10.0.1.0/26\n"
              "                fd00::/122\n");
}

TEST(Table, KeepsOneLineARowWhereNobodyWatches) {
    const Terminal file{.interactive = false, .columns = 30};
    EXPECT_EQ(addresses().render(file), addresses().render(kWide));
}

TEST(Table, DoesNotCountColours) {
    const Terminal colours{.interactive = true, .colour = true, .columns = 120};
    Table table{{{"STATE"}, {"NODE"}}};
    table.add({{styled(colours, Style::good, "Running")}, {"n1"}});
    EXPECT_EQ(table.render(colours), "STATE    NODE\n\x1b[32mRunning\x1b[0m  n1\n");
}

TEST(DisplayColumns, CountsCodePoints) {
    EXPECT_EQ(display_columns("na\xc3\xafve"), 5U);
    EXPECT_EQ(display_columns("\x1b[1mbold\x1b[0m"), 4U);
    EXPECT_EQ(display_columns("\x1b["), 0U);
}

TEST(Grid, FillsTheWidthRowByRow) {
    EXPECT_EQ(render_grid({"aa", "b", "cc", "d", "ee"}, {.interactive = true, .columns = 12}, 2),
              "  aa  b   cc\n  d   ee\n");
}

TEST(Grid, PutsCellsThatAreWiderThanTheTerminalOneALine) {
    EXPECT_EQ(render_grid({"long-cell", "x"}, {.interactive = true, .columns = 4}, 2),
              "  long-cell\n  x\n");
}

TEST(CountOf, CountsInWords) {
    EXPECT_EQ(count_of(0, "pod"), "0 pods");
    EXPECT_EQ(count_of(1, "pod"), "1 pod");
    EXPECT_EQ(count_of(999, "pod"), "999 pods");
    EXPECT_EQ(count_of(1000, "pod"), "1,000 pods");
    EXPECT_EQ(count_of(1234567, "pod"), "1,234,567 pods");
}

}  // namespace
}  // namespace flatlan::cli
