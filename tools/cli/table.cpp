#include "tools/cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "overlay/base/check.hpp"

namespace flatlan::cli {
namespace {

constexpr std::size_t kGapColumns = 2;

/// The lines of a cell with at most `per_line` values in each.
std::vector<std::string> lines_of(const Table::Cell& cell, std::size_t per_line) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < cell.size(); ++i) {
        if (i % per_line == 0)
            lines.push_back(cell[i]);
        else
            lines.back() += ',' + cell[i];
    }
    return lines;
}

void pad(std::string& line, std::size_t columns) { line.append(columns, ' '); }

void end_line(std::string& out, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
}

}  // namespace

std::size_t display_columns(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            i = std::min(text.find('m', i), text.size());
            continue;
        }
        const bool continues = (static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U;
        if (!continues) ++columns;
    }
    return columns;
}

void Table::add(std::vector<Cell> row) {
    FLATLAN_CHECK(row.size() == columns_.size());
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::value_counts() const {
    std::vector<std::size_t> counts(columns_.size(), 1);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i)
            counts[i] = std::max(counts[i], row[i].size());
    return counts;
}

std::vector<std::vector<Table::Lines>> Table::lay_out(std::size_t lines_max) const {
    const std::vector<std::size_t> counts = value_counts();
    std::vector<std::vector<Lines>> rows;
    for (const auto& row : rows_) {
        rows.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i)
            rows.back().push_back(lines_of(row[i], (counts[i] + lines_max - 1) / lines_max));
    }
    return rows;
}

std::vector<std::size_t> Table::widths(const std::vector<std::vector<Lines>>& rows) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths.push_back(display_columns(columns_[i].heading));
        for (const auto& row : rows)
            for (const std::string& line : row.empty() ? Lines{} : row[i])
                widths[i] = std::max(widths[i], display_columns(line));
    }
    return widths;
}

std::string Table::render(const Terminal& terminal) const {
    const std::vector<std::size_t> counts = value_counts();
    const std::size_t lines_worth_trying =
        terminal.interactive ? *std::max_element(counts.begin(), counts.end()) : 1;
    std::vector<std::vector<Lines>> rows = lay_out(1);
    std::vector<std::size_t> widths = this->widths(rows);
    for (std::size_t lines = 2; lines <= lines_worth_trying; ++lines) {
        const std::size_t gaps = kGapColumns * (widths.size() - 1);
        if (std::accumulate(widths.begin(), widths.end(), gaps) <= terminal.columns) break;
        rows = lay_out(lines);
        widths = this->widths(rows);
    }

    const auto put = [&](std::string& line, std::size_t column, const std::string& text) {
        const std::size_t blank = widths[column] - display_columns(text);
        if (columns_[column].align == Align::right) pad(line, blank);
        line += text;
        if (columns_[column].align == Align::left) pad(line, blank);
        pad(line, kGapColumns);
    };
    std::string out;
    std::string headings;
    for (std::size_t i = 0; i < columns_.size(); ++i)
        put(headings, i, columns_[i].heading);
    end_line(out, std::move(headings));
    for (const std::vector<Lines>& row : rows) {
        std::size_t lines = 1;
        for (const Lines& cell : row)
            lines = std::max(lines, cell.size());
        for (std::size_t n = 0; n < lines; ++n) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i)
                put(line, i, n < row[i].size() ? row[i][n] : "");
            end_line(out, std::move(line));
        }
    }
    return out;
}

std::string render_grid(const std::vector<std::string>& cells, const Terminal& terminal,
                        std::size_t indent_columns) {
    std::size_t width = 0;
    for (const std::string& cell : cells)
        width = std::max(width, display_columns(cell));
    const std::size_t room =
        terminal.columns > indent_columns ? terminal.columns - indent_columns : 0;
    const std::size_t per_line =
        std::max<std::size_t>(1, (room + kGapColumns) / (width + kGapColumns));
    std::string out;
    for (std::size_t i = 0; i < cells.size(); i += per_line) {
        std::string line(indent_columns, ' ');
        for (std::size_t j = i; j < std::min(i + per_line, cells.size()); ++j) {
            line += cells[j];
            pad(line, width + kGapColumns - display_columns(cells[j]));
        }
        end_line(out, std::move(line));
    }
    return out;
}

std::string count_of(std::size_t count, std::string_view singular) {
    std::string digits = std::to_string(count);
    for (std::size_t i = digits.size(); i > 3;)
        digits.insert(i -= 3, ",");
    digits.append(" ").append(singular);
    if (count != 1) digits += 's';
    return digits;
}

}  // namespace flatlan::cli
