#include <algorithm>
#include <cstdio>
#include <map>

#include "tools/reach/outcome.hpp"

namespace flatlan::reach {
namespace {

/// Of more members a matrix of nodes says more than one of members.
constexpr std::size_t kMembersInMatrixMax = 24;
constexpr std::size_t kNodesInMatrixMax = 12;
constexpr std::size_t kCausesMax = 12;
constexpr std::size_t kFailuresMax = 10;

/// A row or column of the matrix, and what was tried from one to another.
struct Cell {
    std::size_t tried = 0;
    std::size_t failed = 0;
};

struct Matrix {
    std::vector<std::string> names;
    std::vector<std::size_t> place_of;  ///< by member
    std::map<std::pair<std::size_t, std::size_t>, Cell> cells;
};

std::string short_name(const probe::Member& member) {
    constexpr std::string_view kDefault = "default/";
    return member.name.starts_with(kDefault) ? member.name.substr(kDefault.size()) : member.name;
}

/// Members in the order of their nodes, so that rows of one node stand together.
Matrix member_matrix(const Outcome& outcome) {
    std::vector<std::size_t> order(outcome.members.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    const auto node = [&](std::size_t i) {
        const auto& name = outcome.members[i].node;
        return name ? name->text() : std::string{};
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return node(a) < node(b); });
    Matrix matrix{.names = {}, .place_of = std::vector<std::size_t>(order.size()), .cells = {}};
    for (const std::size_t member : order) {
        matrix.place_of[member] = matrix.names.size();
        const std::string where = node(member);
        matrix.names.push_back((where.empty() ? "" : where + "  ") +
                               short_name(outcome.members[member]));
    }
    return matrix;
}

Matrix node_matrix(const Outcome& outcome) {
    Matrix matrix;
    std::map<std::string, std::size_t> places;
    for (const probe::Member& member : outcome.members) {
        const std::string name = member.node ? member.node->text() : "elsewhere";
        const auto [at, is_new] = places.emplace(name, matrix.names.size());
        if (is_new) matrix.names.push_back(name);
        matrix.place_of.push_back(at->second);
    }
    return matrix;
}

void count_checks(const Outcome& outcome, Matrix& matrix) {
    const auto cell_of = [&](const probe::Pair& pair) -> Cell& {
        return matrix.cells[{matrix.place_of[pair.from.value()], matrix.place_of[pair.to.value()]}];
    };
    for (const probe::Pair& pair : outcome.plan.pairs)
        for (const probe::Lane& lane : outcome.plan.lanes)
            if (probe::can_try(outcome.members, pair, lane)) ++cell_of(pair).tried;
    for (const probe::Failure& failure : outcome.report.failures)
        ++cell_of(failure.pair).failed;
}

std::string cell_text(const Cell& cell) {
    if (cell.tried == 0) return "-";
    if (cell.failed == 0) return "ok";
    return std::to_string(cell.failed) + "/" + std::to_string(cell.tried);
}

bool row_fails(const Matrix& matrix, std::size_t row) {
    for (const auto& [place, cell] : matrix.cells)
        if (place.first == row && cell.failed > 0) return true;
    return false;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

/// Rows are senders, columns are receivers under their row's number.
std::string draw(const Matrix& matrix, bool failing_rows_alone) {
    std::size_t name_width = 0;
    for (const std::string& name : matrix.names)
        name_width = std::max(name_width, name.size());
    std::size_t cell_width = std::to_string(matrix.names.size()).size();
    for (const auto& [place, cell] : matrix.cells)
        cell_width = std::max(cell_width, cell_text(cell).size());
    const std::size_t number_width = std::to_string(matrix.names.size()).size();

    std::string text = std::string(number_width + 2 + name_width, ' ');
    for (std::size_t column = 0; column < matrix.names.size(); ++column)
        text += "  " + padded(std::to_string(column + 1), cell_width);
    while (text.back() == ' ')
        text.pop_back();
    text += '\n';
    for (std::size_t row = 0; row < matrix.names.size(); ++row) {
        if (failing_rows_alone && !row_fails(matrix, row)) continue;
        text += padded(std::to_string(row + 1), number_width) + "  " +
                padded(matrix.names[row], name_width);
        for (std::size_t column = 0; column < matrix.names.size(); ++column) {
            const auto at = matrix.cells.find({row, column});
            text +=
                "  " + padded(at == matrix.cells.end() ? "-" : cell_text(at->second), cell_width);
        }
        while (text.back() == ' ')
            text.pop_back();
        text += '\n';
    }
    return text;
}

std::size_t width_of(const std::string& drawing) { return drawing.find('\n'); }

/// The most telling matrix that fits: members, nodes, nothing.
std::string matrix_text(const Outcome& outcome, unsigned columns) {
    for (const bool of_members : {true, false}) {
        Matrix matrix = of_members ? member_matrix(outcome) : node_matrix(outcome);
        if (matrix.names.size() > (of_members ? kMembersInMatrixMax : kNodesInMatrixMax)) continue;
        count_checks(outcome, matrix);
        std::string drawing = draw(matrix, false);
        if (width_of(drawing) <= columns)
            return "From (row) to (column), failed checks of all:\n" + drawing;
    }
    return "";
}

std::string causes_text(const Outcome& outcome) {
    std::string text;
    for (std::size_t i = 0; i < outcome.causes.size() && i < kCausesMax; ++i) {
        const probe::Cause& cause = outcome.causes[i];
        text += std::string{to_string(cause.verdict)} + ": " + cause.scope + "\n";
        if (!cause.evidence.empty()) text += "    seen: " + cause.evidence + "\n";
        if (!cause.mend.empty()) text += "    mend: " + cause.mend + "\n";
    }
    if (outcome.causes.size() > kCausesMax)
        text += "and " + std::to_string(outcome.causes.size() - kCausesMax) +
                " more causes: --output json has them all\n";
    return text;
}

std::string failures_text(const Outcome& outcome) {
    const auto& failures = outcome.report.failures;
    std::string text = "\nFailed checks:\n";
    for (std::size_t i = 0; i < failures.size() && i < kFailuresMax; ++i)
        text += "    " + short_name(outcome.members[failures[i].pair.from.value()]) + " to " +
                short_name(outcome.members[failures[i].pair.to.value()]) + ", " +
                to_string(failures[i].lane) + ": " +
                std::string{to_string(failures[i].finding.verdict)} + "\n";
    if (failures.size() > kFailuresMax)
        text += "    and " + std::to_string(failures.size() - kFailuresMax) +
                " more: --output json has them all\n";
    return text;
}

std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.1f" : "%.0f", value);
    return text;
}

std::string figures_text(const Outcome& outcome) {
    const probe::Report& report = outcome.report;
    const double seconds = static_cast<double>(report.took.count()) / 1e9;
    std::string text =
        std::to_string(outcome.pods) + " pods, " + std::to_string(outcome.nodes) +
        " nodes: " + std::to_string(report.tally.checks) + " checks in " + rounded(seconds * 1000) +
        " ms, " +
        (outcome.whole() ? "all hold" : std::to_string(report.failures.size()) + " failed") + "\n";
    if (report.round_trip)
        text += "round trip p50 " +
                rounded(static_cast<double>(report.round_trip->p50.count()) / 1e3) + " us, p99 " +
                rounded(static_cast<double>(report.round_trip->p99.count()) / 1e3) + " us, of " +
                std::to_string(report.round_trip->samples) + " echoes one at a time\n";
    if (report.tester_overloaded())
        text += "this machine was too busy: times, and losses, say little of the network\n";
    return text;
}

}  // namespace

std::string outcome_text(const Outcome& outcome, unsigned columns) {
    std::string text;
    if (!outcome.whole()) text += causes_text(outcome) + failures_text(outcome) + "\n";
    text += matrix_text(outcome, columns);
    if (!text.empty()) text += '\n';
    return text + figures_text(outcome);
}

}  // namespace flatlan::reach
