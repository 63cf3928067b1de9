#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "overlay/probe/trace/attribution.hpp"

namespace flatlan::trace {

/// Sends real packets between two members.
using TraceMembers = std::function<Result<TraceReport>(
    const probe::Member& from, const probe::Member& to, const probe::Lane& lane)>;

/// Finds the faults behind failures where the tables of every pair's way are too far away to be
/// asked for: of failures that nothing explains yet one is traced after another. Its fault also
/// explains those that fail alike, as far as such a fault reaches: all that come by a pod, or what
/// passes between the same two nodes and, where the mend names one end, by that end; once two pairs
/// of nodes have led to one fault, all that comes by its place.
class SampledAttribution {
public:
    /// So many pairs are traced at most, in all calls together, and so many that come to nothing:
    /// those take longest.
    static constexpr std::size_t kTracesMax = 8;
    static constexpr std::size_t kFruitlessMax = 2;

    /// The members outlive it.
    SampledAttribution(std::span<const probe::Member> members, TraceMembers trace)
        : members_{members}, trace_{std::move(trace)} {}

    Attribution explain(std::span<const probe::Failure> failures);

    /// Why it gave up before its time; empty when it did not. A pair whose pod is gone, or that
    /// cannot be traced, is no reason.
    const std::string& trouble() const { return trouble_; }

private:
    bool may_trace() const {
        return traces_ < kTracesMax && fruitless_ < kFruitlessMax && trouble_.empty();
    }
    const probe::Member& member(probe::MemberId id) const { return members_[id.value()]; }
    std::optional<probe::Explanation> trace(const probe::Failure& failure);
    /// Lays to the explanation what it explains beside the failure that was traced.
    void spread(const probe::Explanation& wanted, std::span<const probe::Failure> failures,
                std::size_t traced, Attribution& attribution) const;
    bool passes(const probe::Pair& pair, const std::string& hop) const;
    bool between_the_same_nodes(const probe::Pair& one, const probe::Pair& other) const;
    /// The end that the mend is for alone, if it is for one.
    std::optional<probe::MemberId> end_in(const std::string& mend,
                                          const probe::Failure& failure) const;

    std::span<const probe::Member> members_;
    TraceMembers trace_;
    std::size_t traces_ = 0;
    std::size_t fruitless_ = 0;
    std::string trouble_;
};

}  // namespace flatlan::trace
