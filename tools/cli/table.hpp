#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/console.hpp"

namespace flatlan::cli {

/// How many columns a text takes on a terminal: one for each code point (UTF-8), none for the SGR
/// sequences of `styled`. Wide and combining characters do not occur in what we print.
std::size_t display_columns(std::string_view text);

/// A text table: a heading, aligned columns two spaces apart, no lines drawn.
///
/// A cell may hold several values. They stand side by side, with commas; where the terminal is not
/// wide enough for that, on as few lines as let the table fit. A file or pipe is as wide as need
/// be, so there each row is one line.
class Table {
public:
    enum class Align { left, right };
    struct Column {
        std::string heading;
        Align align = Align::left;
    };
    using Cell = std::vector<std::string>;

    explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

    /// One cell for each column.
    void add(std::vector<Cell> row);
    /// An empty line between two groups of rows.
    void add_gap() { rows_.emplace_back(); }

    /// Each line ends with a line feed and has no blanks before it.
    std::string render(const Terminal& terminal) const;

private:
    using Lines = std::vector<std::string>;

    /// The most values that a cell of each column has.
    std::vector<std::size_t> value_counts() const;
    /// The lines of every cell when none has more than `lines_max`; each row as in `rows_`.
    std::vector<std::vector<Lines>> lay_out(std::size_t lines_max) const;
    /// The width of each column, heading included.
    std::vector<std::size_t> widths(const std::vector<std::vector<Lines>>& rows) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;  ///< an empty one is a gap
};

/// The cells side by side in as many equal columns as the terminal holds, filled row by row; one a
/// line where that is none.
std::string render_grid(const std::vector<std::string>& cells, const Terminal& terminal,
                        std::size_t indent_columns);

/// "1 pod", "2 pods", "1,000 pods".
std::string count_of(std::size_t count, std::string_view singular);

}  // namespace flatlan::cli
