#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/probe/judge.hpp"
#include "overlay/probe/member.hpp"
#include "overlay/probe/plan.hpp"

namespace flatlan::reach {

/// What was tried from one row to one column.
struct Cell {
    std::size_t tried = 0;
    std::size_t failed = 0;         ///< of those
    std::size_t failed_trials = 0;  ///< beside them
    bool holds() const { return failed == 0 && failed_trials == 0; }
};

/// Counts of checks, and of trials that failed, from some (rows) to some (columns); rows and
/// columns are the same, members or nodes, in one order.
class Matrix {
public:
    /// Members in the order of their nodes, so that those of one node stand together.
    static Matrix of_members(std::span<const probe::Member> members);
    /// One row for each node, and one, `elsewhere`, for members of whom nobody knows the node.
    static Matrix of_nodes(std::span<const probe::Member> members);

    /// Counts the checks of a plan, those of them that failed, and trials that did.
    void count(std::span<const probe::Member> members, const probe::Plan& plan,
               std::span<const probe::Failure> failures);
    /// Puts those first, in their order, to or from which something fails.
    void failing_first();

    std::size_t size() const { return names_.size(); }
    /// How many `failing_first` put first.
    std::size_t failing() const { return failing_; }
    const std::string& name(std::size_t place) const { return names_[order_[place]]; }
    const Cell& at(std::size_t row, std::size_t column) const {
        return cells_[order_[row] * size() + order_[column]];
    }

private:
    void make_cells();
    Cell& cell_of(const probe::Pair& pair);

    std::vector<std::string> names_;
    std::vector<std::size_t> place_of_;  ///< by member
    std::vector<std::size_t> order_;     ///< which of the names stands at a place
    std::vector<Cell> cells_;            ///< row by row, in the order of the names
    std::size_t failing_ = 0;
};

/// A drawing with `failed/tried` in each cell that fails, and `+trials` where trials do, for small
/// matrices; empty when it is wider than `columns`.
std::optional<std::string> draw_counts(const Matrix& matrix, unsigned columns);

/// A drawing with one character for each cell: `.` all hold, `x` some fail, `X` all fail, a blank
/// where nothing was tried. What does not fit into `columns`, or on a screen, is told in one line.
std::string draw_marks(const Matrix& matrix, unsigned columns);

/// A member's name as people write it: without the default namespace.
std::string short_name(const probe::Member& member);

}  // namespace flatlan::reach
