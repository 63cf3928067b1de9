#include "overlay/probe/scope.hpp"

#include <algorithm>
#include <unordered_map>

namespace flatlan::probe {

bool includes(Reach reach, Distance distance) {
    switch (reach) {
        case Reach::all:
            return true;
        case Reach::others:
            return distance != Distance::itself;
        case Reach::other_nodes:
            return distance == Distance::other_node;
        case Reach::own_node:
            return distance == Distance::same_node;
        case Reach::itself:
            return distance == Distance::itself;
    }
    return false;
}

NodeMap::NodeMap(std::span<const Member> members) {
    std::unordered_map<NodeName, std::uint32_t> known;
    for (const Member& member : members) {
        if (!member.node) {
            of_.push_back(std::nullopt);
            continue;
        }
        const auto [place, fresh] =
            known.emplace(*member.node, static_cast<std::uint32_t>(names_.size()));
        if (fresh) names_.push_back(member.node->text());
        of_.push_back(place->second);
    }
}

Distance NodeMap::distance(const Pair& pair) const {
    if (pair.from == pair.to) return Distance::itself;
    return node_of(pair.from) == node_of(pair.to) ? Distance::same_node : Distance::other_node;
}

ScopeNumbers::ScopeNumbers(const NodeMap& nodes) : nodes_{nodes} {
    const std::size_t by_node = nodes.nodes();
    const std::size_t by_member = nodes.members();
    const std::array<std::size_t, kScopeKinds.size()> counts{
        1, by_node, by_node, by_node, by_node * by_node, by_member, by_member, by_member};
    for (std::size_t kind = 0; kind < counts.size(); ++kind)
        first_[kind + 1] = first_[kind] + counts[kind];
}

void ScopeNumbers::add(ScopeKind kind, std::size_t place) {
    found_.push_back(first_[static_cast<std::size_t>(kind)] + place);
}

std::span<const std::size_t> ScopeNumbers::of(const Pair& pair) {
    found_.clear();
    add(ScopeKind::everything, 0);
    const auto from = nodes_.node_of(pair.from);
    const auto to = nodes_.node_of(pair.to);
    if (from) add(ScopeKind::with_node, *from);
    if (to && to != from) add(ScopeKind::with_node, *to);
    if (to) add(ScopeKind::to_node, *to);
    if (from) add(ScopeKind::from_node, *from);
    if (from && to) add(ScopeKind::node_to_node, *from * nodes_.nodes() + *to);
    add(ScopeKind::with_member, pair.from.value());
    if (pair.to != pair.from) add(ScopeKind::with_member, pair.to.value());
    add(ScopeKind::to_member, pair.to.value());
    add(ScopeKind::from_member, pair.from.value());
    return found_;
}

Scope ScopeNumbers::scope(std::size_t number) const {
    std::size_t kind = 0;
    while (number >= first_[kind + 1])
        ++kind;
    const std::size_t place = number - first_[kind];
    if (kScopeKinds[kind] == ScopeKind::node_to_node)
        return {kScopeKinds[kind], static_cast<std::uint32_t>(place / nodes_.nodes()),
                static_cast<std::uint32_t>(place % nodes_.nodes())};
    return {kScopeKinds[kind], static_cast<std::uint32_t>(place), 0};
}

namespace {

constexpr std::string_view kNotItself = "but those of one to itself";

/// Whether the pairs go both ways, to the subject or from it.
enum class Direction : std::uint8_t { with, to, from };

std::string plain(Direction direction, const std::string& subject) {
    constexpr std::array<std::string_view, 3> kPrepositions{"with ", "to ", "from "};
    return std::string{kPrepositions[static_cast<std::size_t>(direction)]} + subject;
}

std::string towards(Direction direction, const std::string& subject, std::string_view others) {
    std::string words{others};
    switch (direction) {
        case Direction::with:
            return "between " + subject + " and " + words;
        case Direction::to:
            return "to " + subject + " from " + words;
        case Direction::from:
            return "from " + subject + " to " + words;
    }
    return words;
}

std::string node_words(Direction direction, const std::string& node, Reach reach) {
    switch (reach) {
        case Reach::all:
            return plain(direction, node);
        case Reach::others:
            return plain(direction, node) + ", " + std::string{kNotItself};
        case Reach::other_nodes:
            return towards(direction, node, "other nodes");
        case Reach::own_node:
            return "within " + node + ", " + std::string{kNotItself};
        case Reach::itself:
            return "within " + node + ", of one to itself";
    }
    return {};
}

std::string member_words(Direction direction, const std::string& member, Reach reach) {
    switch (reach) {
        case Reach::all:
            return plain(direction, member);
        case Reach::others:
            return towards(direction, member, "others");
        case Reach::other_nodes:
            return towards(direction, member, "other nodes");
        case Reach::own_node:
            return towards(direction, member, "its node");
        case Reach::itself:
            return "of " + member + " to itself";
    }
    return {};
}

std::string words_of_everything(Reach reach) {
    switch (reach) {
        case Reach::all:
            return {};
        case Reach::others:
            return std::string{kNotItself};
        case Reach::other_nodes:
            return "between nodes";
        case Reach::own_node:
            return "within a node, " + std::string{kNotItself};
        case Reach::itself:
            return "of one to itself";
    }
    return {};
}

}  // namespace

bool is_of(std::span<const Member> members, const NodeMap& nodes, const Scope& scope,
           const std::string& name) {
    const auto is_node = [&](std::uint32_t node) { return name == "node/" + nodes.name(node); };
    switch (scope.kind) {
        case ScopeKind::everything:
            return false;
        case ScopeKind::with_node:
        case ScopeKind::to_node:
        case ScopeKind::from_node:
            return is_node(scope.first);
        case ScopeKind::node_to_node:
            return is_node(scope.first) || is_node(scope.second);
        case ScopeKind::with_member:
        case ScopeKind::to_member:
        case ScopeKind::from_member:
            return name == members[scope.first].name;
    }
    return false;
}

std::string scope_words(std::span<const Member> members, const NodeMap& nodes, const Scope& scope,
                        Reach reach) {
    switch (scope.kind) {
        case ScopeKind::everything:
            return words_of_everything(reach);
        case ScopeKind::with_node:
            return node_words(Direction::with, nodes.name(scope.first), reach);
        case ScopeKind::to_node:
            return node_words(Direction::to, nodes.name(scope.first), reach);
        case ScopeKind::from_node:
            return node_words(Direction::from, nodes.name(scope.first), reach);
        case ScopeKind::node_to_node:
            if (scope.first != scope.second)
                return "from " + nodes.name(scope.first) + " to " + nodes.name(scope.second);
            return reach == Reach::all
                       ? "within " + nodes.name(scope.first)
                       : node_words(Direction::with, nodes.name(scope.first), reach);
        case ScopeKind::with_member:
            return member_words(Direction::with, members[scope.first].name, reach);
        case ScopeKind::to_member:
            return member_words(Direction::to, members[scope.first].name, reach);
        case ScopeKind::from_member:
            return member_words(Direction::from, members[scope.first].name, reach);
    }
    return {};
}

}  // namespace flatlan::probe
