#include "overlay/probe/cluster/trace/remote_inquiry.hpp"

#include <algorithm>

#include "overlay/probe/cluster/trace/answers_record.hpp"

namespace flatlan::trace {
namespace {

constexpr std::string_view kNodePrefix = "node/";

}  // namespace

Result<NodeName> node_name(const Atlas& atlas, PlaceId place) {
    const std::string& name = atlas.at(atlas.node_of(place)).name;
    if (!name.starts_with(kNodePrefix))
        return Error{ErrorCode::corrupt, "'" + name + "' is on no node of the cluster"};
    return NodeName::from(std::string_view{name}.substr(kNodePrefix.size()));
}

Result<void> check_is_of(const Atlas& atlas, const NodeName& node, PlaceId place) {
    FLATLAN_TRY(of, node_name(atlas, place));
    if (of == node) return success();
    return Error{ErrorCode::corrupt,
                 node.text() + " tells of " + atlas.at(place).name + ", which is on " + of.text()};
}

Result<void> RemoteInquiry::learn(std::span<const KernelQuestion> questions) {
    std::vector<Asked> asked;
    for (const KernelQuestion& question : questions) {
        FLATLAN_TRY(node, node_name(atlas_, place_of(question)));
        auto to = std::ranges::find_if(asked, [&](const Asked& each) {
            return each.node == node &&
                   std::get<AskMany>(each.question).questions.size() < kManyMax;
        });
        if (to == asked.end()) to = asked.insert(to, {node, AskMany{}});
        std::get<AskMany>(to->question).questions.push_back(question);
    }
    if (asked.empty()) return success();
    const auto answers = ask_(asked);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i] && answers[i].error().code() == ErrorCode::unavailable)
            return answers[i].error();
        if (answers[i])
            take_all(std::get<AskMany>(asked[i].question).questions, answers[i].value());
    }
    return success();
}

/// What is missing in it, or an error, is asked for again by itself when it is needed.
void RemoteInquiry::take_all(std::span<const KernelQuestion> questions, std::string_view answers) {
    const auto told = answers_from_record(answers, questions.size());
    for (std::size_t i = 0; told && i < questions.size(); ++i)
        static_cast<void>(take(questions[i], told.value()[i]));
}

Result<void> RemoteInquiry::ask(const KernelQuestion& question) {
    FLATLAN_TRY(node, node_name(atlas_, place_of(question)));
    const auto alone = std::visit([](const auto& asked) { return Question{asked}; }, question);
    FLATLAN_TRY(answer, ask_one(ask_, node, alone));
    return take(question, answer);
}

Result<void> RemoteInquiry::take(const KernelQuestion& question, std::string_view answer) {
    if (const auto* const asked = std::get_if<AskFacts>(&question)) {
        FLATLAN_TRY(facts, facts_from(asked->place, answer));
        known_[asked->place.value()].facts.emplace(std::move(facts));
    }
    if (const auto* const asked = std::get_if<AskRoute>(&question)) {
        FLATLAN_TRY(route, route_from_record(answer));
        known_[asked->place.value()].routes.emplace(asked->asked, route);
    }
    if (const auto* const asked = std::get_if<AskSetting>(&question)) {
        FLATLAN_TRY(value, setting_from_record(answer));
        known_[asked->place.value()].settings.emplace(asked->path, value);
    }
    return success();
}

Result<PlaceFacts> RemoteInquiry::facts_from(PlaceId place, std::string_view answer) const {
    FLATLAN_TRY(facts, facts_from_record(answer, atlas_));
    FLATLAN_TRY(node, node_name(atlas_, place));
    for (const LinkFacts& link : facts.links)
        if (link.other_end) FLATLAN_TRY_VOID(check_is_of(atlas_, node, link.other_end->place));
    return std::move(facts);
}

Result<const PlaceFacts*> RemoteInquiry::facts(PlaceId place) {
    Known& known = known_[place.value()];
    if (!known.facts) FLATLAN_TRY_VOID(ask(AskFacts{place}));
    return &*known.facts;
}

Result<RouteAnswer> RemoteInquiry::route(PlaceId place, const RouteAsked& asked) {
    Known& known = known_[place.value()];
    if (!known.routes.contains(asked)) FLATLAN_TRY_VOID(ask(AskRoute{place, asked}));
    return known.routes.at(asked);
}

Result<std::optional<int>> RemoteInquiry::setting(PlaceId place, const std::string& path) {
    Known& known = known_[place.value()];
    if (!known.settings.contains(path)) FLATLAN_TRY_VOID(ask(AskSetting{place, path}));
    return known.settings.at(path);
}

Result<std::string> answer_by(Inquiry& inquiry, const Atlas& atlas, const Question& question) {
    if (const auto* const asked = std::get_if<AskFacts>(&question)) {
        FLATLAN_TRY(facts, inquiry.facts(asked->place));
        return to_record(*facts, atlas);
    }
    if (const auto* const asked = std::get_if<AskRoute>(&question)) {
        FLATLAN_TRY(answer, inquiry.route(asked->place, asked->asked));
        return to_record(answer);
    }
    if (const auto* const asked = std::get_if<AskSetting>(&question)) {
        FLATLAN_TRY(value, inquiry.setting(asked->place, asked->path));
        return setting_record(value);
    }
    if (const auto* const asked = std::get_if<AskMany>(&question)) {
        std::vector<std::string> answers;
        for (const KernelQuestion& each : asked->questions) {
            const auto alone = std::visit([](const auto& one) { return Question{one}; }, each);
            auto answer = answer_by(inquiry, atlas, alone);
            answers.push_back(answer ? std::move(answer).value() : to_record(answer.error()));
        }
        return answers_record(answers);
    }
    return Error{ErrorCode::invalid_argument, "no question of a kernel"};
}

}  // namespace flatlan::trace
