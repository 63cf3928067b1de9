#include "overlay/probe/cluster/trace/remote_inquiry.hpp"

#include "overlay/probe/cluster/trace/facts_record.hpp"

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

Result<std::string> RemoteInquiry::ask(PlaceId place, const Question& question) const {
    FLATLAN_TRY(node, node_name(atlas_, place));
    return ask_(node, question);
}

Result<const PlaceFacts*> RemoteInquiry::facts(PlaceId place) {
    Known& known = known_[place.value()];
    if (known.facts) return &*known.facts;
    FLATLAN_TRY(text, ask(place, AskFacts{place}));
    FLATLAN_TRY(read, facts_from_record(text, atlas_));
    FLATLAN_TRY(node, node_name(atlas_, place));
    for (const LinkFacts& link : read.links)
        if (link.other_end) FLATLAN_TRY_VOID(check_is_of(atlas_, node, link.other_end->place));
    known.facts.emplace(std::move(read));
    return &*known.facts;
}

Result<RouteAnswer> RemoteInquiry::route(PlaceId place, const RouteAsked& asked) {
    Known& known = known_[place.value()];
    if (const auto at = known.routes.find(asked); at != known.routes.end()) return at->second;
    FLATLAN_TRY(text, ask(place, AskRoute{place, asked}));
    FLATLAN_TRY(answer, route_from_record(text));
    known.routes.emplace(asked, answer);
    return answer;
}

Result<std::optional<int>> RemoteInquiry::setting(PlaceId place, const std::string& path) {
    Known& known = known_[place.value()];
    if (const auto at = known.settings.find(path); at != known.settings.end()) return at->second;
    FLATLAN_TRY(text, ask(place, AskSetting{place, path}));
    FLATLAN_TRY(value, setting_from_record(text));
    known.settings.emplace(path, value);
    return value;
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
    return Error{ErrorCode::invalid_argument, "no question of a kernel"};
}

}  // namespace flatlan::trace
