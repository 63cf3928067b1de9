#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/probe/member.hpp"

/// Sets of pairs that people have a name for: "all pairs to n3 from other nodes".
namespace flatlan::probe {

/// How far apart the two of a pair are.
enum class Distance : std::uint8_t { itself, same_node, other_node };
inline constexpr std::size_t kDistances = 3;

/// Which distances count in a scope; the widest first.
enum class Reach : std::uint8_t { all, others, other_nodes, own_node, itself };
inline constexpr std::array kReaches{Reach::all, Reach::others, Reach::other_nodes, Reach::own_node,
                                     Reach::itself};
bool includes(Reach reach, Distance distance);

/// Which pairs, by their ends; the simplest first.
enum class ScopeKind : std::uint8_t {
    everything,
    with_node,  ///< either end on the node
    to_node,
    from_node,
    node_to_node,
    with_member,  ///< either end is the member
    to_member,
    from_member,
};
inline constexpr std::array kScopeKinds{
    ScopeKind::everything,   ScopeKind::with_node,   ScopeKind::to_node,   ScopeKind::from_node,
    ScopeKind::node_to_node, ScopeKind::with_member, ScopeKind::to_member, ScopeKind::from_member};

/// A set of pairs. What `first` and `second` are goes by the kind: nodes' or members' numbers.
struct Scope {
    ScopeKind kind = ScopeKind::everything;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    friend bool operator==(const Scope&, const Scope&) = default;
};

/// The members' nodes, numbered.
class NodeMap {
public:
    explicit NodeMap(std::span<const Member> members);

    std::size_t nodes() const { return names_.size(); }
    std::size_t members() const { return of_.size(); }
    /// Empty for a member of whom nobody knows where it is.
    std::optional<std::uint32_t> node_of(MemberId member) const { return of_[member.value()]; }
    const std::string& name(std::uint32_t node) const { return names_[node]; }
    /// Members of unknown place count as neighbours.
    Distance distance(const Pair& pair) const;

private:
    std::vector<std::optional<std::uint32_t>> of_;
    std::vector<std::string> names_;
};

/// Numbers all scopes of a cluster, so that counts of them can stand in an array.
class ScopeNumbers {
public:
    explicit ScopeNumbers(const NodeMap& nodes);

    std::size_t size() const { return first_.back(); }
    /// The scopes in which the pair lies, of each kind at most two; valid until the next call.
    std::span<const std::size_t> of(const Pair& pair);
    Scope scope(std::size_t number) const;

private:
    void add(ScopeKind kind, std::size_t place);

    const NodeMap& nodes_;
    std::array<std::size_t, kScopeKinds.size() + 1> first_{};  ///< number of each kind's first
    std::vector<std::size_t> found_;
};

/// Whether all pairs of the scope begin or end at the member or node of that name, "node/n3".
bool is_of(std::span<const Member> members, const NodeMap& nodes, const Scope& scope,
           const std::string& name);

/// "to n3 from other nodes", "between n1 and n2", "within n1"; empty for all pairs there are.
std::string scope_words(std::span<const Member> members, const NodeMap& nodes, const Scope& scope,
                        Reach reach);

}  // namespace flatlan::probe
