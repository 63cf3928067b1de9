#include "tools/cli/table.hpp"

#include <algorithm>

#include "overlay/base/check.hpp"

namespace flatlan::cli {
namespace {

constexpr std::size_t kGapColumns = 2;

std::string side_by_side(const Table::Cell& cell) {
    std::string out;
    for (const std::string& value : cell)
        out += (out.empty() ? "" : ",") + value;
    return out;
}

void pad(std::string& line, std::size_t columns) { line.append(columns, ' '); }

void end_line(std::string& out, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
}

/// The columns that a cell takes, whether its values are joined or stacked.
std::size_t width_of(const Table::Cell& cell, bool stacked) {
    if (!stacked) return display_columns(side_by_side(cell));
    std::size_t width = 0;
    for (const std::string& value : cell)
        width = std::max(width, display_columns(value));
    return width;
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

std::string Table::render(const Terminal& terminal) const {
    const auto widths_of = [&](bool stacked) {
        std::vector<std::size_t> widths;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            widths.push_back(display_columns(columns_[i].heading));
            for (const auto& row : rows_)
                if (!row.empty()) widths[i] = std::max(widths[i], width_of(row[i], stacked));
        }
        return widths;
    };
    std::vector<std::size_t> widths = widths_of(false);
    std::size_t total = 0;
    for (const std::size_t width : widths)
        total += width + kGapColumns;
    const bool stacked = terminal.interactive && total - kGapColumns > terminal.columns;
    if (stacked) widths = widths_of(true);

    const auto put = [&](std::string& line, std::size_t column, const std::string& text) {
        const std::size_t blank = widths[column] - std::min(widths[column], display_columns(text));
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
    for (const auto& row : rows_) {
        std::size_t lines = 1;
        if (stacked)
            for (const Cell& cell : row)
                lines = std::max(lines, cell.size());
        for (std::size_t n = 0; n < lines; ++n) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i) {
                const std::string text = !stacked            ? side_by_side(row[i])
                                         : n < row[i].size() ? row[i][n]
                                                             : "";
                put(line, i, text);
            }
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
