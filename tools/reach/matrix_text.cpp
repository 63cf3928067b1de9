#include <algorithm>

#include "tools/reach/matrix.hpp"

namespace flatlan::reach {
namespace {

/// Rows of marks that a screen shows beside the causes; the rest is told in a line.
constexpr std::size_t kRowsMax = 40;

std::string counts(const Cell& cell) {
    if (cell.tried == 0) return "-";
    if (cell.holds()) return "ok";
    return std::to_string(cell.failed) + "/" + std::to_string(cell.tried) +
           (cell.failed_trials > 0 ? "+" + std::to_string(cell.failed_trials) : "");
}

char mark(const Cell& cell) {
    if (cell.tried == 0) return ' ';
    if (cell.holds()) return '.';
    return cell.failed == cell.tried ? 'X' : 'x';
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

void end_line(std::string& text) {
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    text += '\n';
}

/// Rows stand under numbers, so that columns, which have no room for names, can be told by them.
struct Margin {
    std::size_t number;  ///< characters of the largest number
    std::size_t name;    ///< of the longest name

    Margin(const Matrix& matrix, std::size_t rows)
        : number{std::to_string(matrix.size()).size()}, name{0} {
        for (std::size_t row = 0; row < rows; ++row)
            name = std::max(name, matrix.name(row).size());
    }
    std::size_t width() const { return number + 2 + name + 2; }
    std::string before(const Matrix& matrix, std::size_t row) const {
        return padded(std::to_string(row + 1), number) + "  " + padded(matrix.name(row), name) +
               "  ";
    }
};

/// The columns' numbers, read from top to bottom.
std::string upright_numbers(const Margin& margin, std::size_t columns) {
    const std::size_t digits = std::to_string(columns).size();
    std::string text;
    for (std::size_t digit = 0; digit < digits; ++digit) {
        text.append(margin.width(), ' ');
        for (std::size_t column = 1; column <= columns; ++column) {
            const std::string number = std::to_string(column);
            const std::size_t lead = digits - number.size();
            text += digit < lead ? ' ' : number[digit - lead];
        }
        end_line(text);
    }
    return text;
}

std::string rest_words(const Matrix& matrix, std::size_t rows, std::size_t columns) {
    const std::size_t shown = std::min(rows, columns);
    if (shown == matrix.size()) return "";
    const std::size_t failing_hidden = matrix.failing() > shown ? matrix.failing() - shown : 0;
    std::string text = "and " + std::to_string(matrix.size() - shown) + " more nodes, ";
    if (failing_hidden == 0) return text + "to and from which all hold\n";
    return text + std::to_string(failing_hidden) + " of them with checks that fail\n";
}

}  // namespace

std::optional<std::string> draw_counts(const Matrix& matrix, unsigned columns) {
    const Margin margin{matrix, matrix.size()};
    std::size_t cell_width = margin.number;
    for (std::size_t row = 0; row < matrix.size(); ++row)
        for (std::size_t column = 0; column < matrix.size(); ++column)
            cell_width = std::max(cell_width, counts(matrix.at(row, column)).size());
    if (margin.width() + matrix.size() * (cell_width + 2) - 2 > columns) return std::nullopt;

    std::string text(margin.width(), ' ');
    for (std::size_t column = 0; column < matrix.size(); ++column)
        text += padded(std::to_string(column + 1), cell_width + 2);
    end_line(text);
    for (std::size_t row = 0; row < matrix.size(); ++row) {
        text += margin.before(matrix, row);
        for (std::size_t column = 0; column < matrix.size(); ++column)
            text += padded(counts(matrix.at(row, column)), cell_width + 2);
        end_line(text);
    }
    return text;
}

std::string draw_marks(const Matrix& matrix, unsigned columns) {
    const std::size_t rows = std::min(matrix.size(), kRowsMax);
    const Margin margin{matrix, rows};
    const std::size_t room = columns > margin.width() ? columns - margin.width() : 1;
    const std::size_t shown = std::min(matrix.size(), room);
    std::string text = upright_numbers(margin, shown);
    for (std::size_t row = 0; row < rows; ++row) {
        text += margin.before(matrix, row);
        for (std::size_t column = 0; column < shown; ++column)
            text += mark(matrix.at(row, column));
        end_line(text);
    }
    return text + rest_words(matrix, rows, shown);
}

}  // namespace flatlan::reach
