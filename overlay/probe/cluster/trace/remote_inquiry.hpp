#pragma once

#include <map>
#include <vector>

#include "overlay/probe/cluster/trace/question.hpp"

namespace flatlan::trace {

/// Asks the kernels of several machines: each place's node is asked for it, once for each thing.
class RemoteInquiry final : public Inquiry {
public:
    /// Of the atlas each place is on a node whose name is "node/NAME". Both outlive this.
    RemoteInquiry(const Atlas& atlas, const AskNodes& ask)
        : atlas_{atlas}, ask_{ask}, known_(atlas.places.size()) {}

    Result<const PlaceFacts*> facts(PlaceId place) override;
    Result<RouteAnswer> route(PlaceId place, const RouteAsked& asked) override;
    Result<std::optional<int>> setting(PlaceId place, const std::string& path) override;

    /// Asks at once for what may be asked for later. What a place's kernel does not tell is no
    /// error before it is asked for; one whose node does not answer is.
    Result<void> learn(std::span<const KernelQuestion> questions);

private:
    struct Known {
        std::optional<PlaceFacts> facts;
        std::map<RouteAsked, RouteAnswer> routes;
        std::map<std::string, std::optional<int>> settings;
    };
    Result<void> ask(const KernelQuestion& question);
    /// Keeps the answer.
    Result<void> take(const KernelQuestion& question, std::string_view answer);
    void take_all(std::span<const KernelQuestion> questions, std::string_view answers);
    Result<PlaceFacts> facts_from(PlaceId place, std::string_view answer) const;

    const Atlas& atlas_;
    const AskNodes& ask_;
    std::vector<Known> known_;
};

/// The node of a place, by its name in the atlas. Error corrupt where that is none of a node.
Result<NodeName> node_name(const Atlas& atlas, PlaceId place);

/// Error corrupt where a node tells of a place that is on another one, of which it has nothing to
/// say.
Result<void> check_is_of(const Atlas& atlas, const NodeName& node, PlaceId place);

/// What a machine answers to a question of its kernel, a record; its own atlas has the places by
/// the same names. Error invalid_argument for a question that is not one of a kernel.
Result<std::string> answer_by(Inquiry& inquiry, const Atlas& atlas, const Question& question);

}  // namespace flatlan::trace
