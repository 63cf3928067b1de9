#include "tools/reach/matrix.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace flatlan::reach {
namespace {

std::string node_name(const probe::Member& member) {
    return member.node ? member.node->text() : std::string{};
}

}  // namespace

std::string short_name(const probe::Member& member) {
    constexpr std::string_view kDefault = "default/";
    return member.name.starts_with(kDefault) ? member.name.substr(kDefault.size()) : member.name;
}

Matrix Matrix::of_members(std::span<const probe::Member> members) {
    // Nodes in the order in which they come, not in that of their names: n2 stands before n10.
    std::map<std::string, std::size_t> nodes;
    for (const probe::Member& member : members)
        nodes.emplace(node_name(member), nodes.size());
    std::vector<std::size_t> sorted(members.size());
    std::iota(sorted.begin(), sorted.end(), std::size_t{0});
    std::ranges::stable_sort(sorted, {},
                             [&](std::size_t i) { return nodes[node_name(members[i])]; });

    Matrix matrix;
    matrix.place_of_.resize(members.size());
    for (const std::size_t member : sorted) {
        const std::string node = node_name(members[member]);
        matrix.place_of_[member] = matrix.names_.size();
        matrix.names_.push_back((node.empty() ? "" : node + "  ") + short_name(members[member]));
    }
    matrix.make_cells();
    return matrix;
}

Matrix Matrix::of_nodes(std::span<const probe::Member> members) {
    Matrix matrix;
    std::map<std::string, std::size_t> places;
    for (const probe::Member& member : members) {
        const std::string name = member.node ? node_name(member) : "elsewhere";
        const auto [at, is_new] = places.emplace(name, matrix.names_.size());
        if (is_new) matrix.names_.push_back(name);
        matrix.place_of_.push_back(at->second);
    }
    matrix.make_cells();
    return matrix;
}

void Matrix::make_cells() {
    order_.resize(size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    cells_.assign(size() * size(), {});
}

Cell& Matrix::cell_of(const probe::Pair& pair) {
    return cells_[place_of_[pair.from.value()] * size() + place_of_[pair.to.value()]];
}

void Matrix::count(std::span<const probe::Member> members, const probe::Plan& plan,
                   std::span<const probe::Failure> failures) {
    for (const probe::Pair& pair : plan.pairs)
        for (const probe::Lane& lane : plan.lanes)
            if (probe::can_try(members, pair, lane)) ++cell_of(pair).tried;
    for (const probe::Failure& failure : failures)
        ++(failure.evidence.trial.empty() ? cell_of(failure.pair).failed
                                          : cell_of(failure.pair).failed_trials);
}

void Matrix::failing_first() {
    std::vector<bool> fails(size());
    for (std::size_t row = 0; row < size(); ++row)
        for (std::size_t column = 0; column < size(); ++column)
            if (!cells_[row * size() + column].holds()) fails[row] = fails[column] = true;
    const auto whole =
        std::ranges::stable_partition(order_, [&](std::size_t place) { return fails[place]; });
    failing_ = static_cast<std::size_t>(whole.begin() - order_.begin());
}

}  // namespace flatlan::reach
