#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "tools/reach/matrix.hpp"
#include "tools/reach/report/page_template.hpp"
#include "tools/reach/report/report.hpp"

namespace flatlan::reach {
namespace {

using Json = nlohmann::ordered_json;

Json member_json(const probe::Member& member) {
    Json families = Json::array();
    Json addresses = Json::array();
    if (member.addresses.ipv4) {
        families.push_back(4);
        addresses.push_back(to_string(*member.addresses.ipv4));
    }
    if (member.addresses.ipv6) {
        families.push_back(6);
        addresses.push_back(to_string(*member.addresses.ipv6));
    }
    return {{"name", member.name},
            {"short", short_name(member)},
            {"kind", member.kind == probe::MemberKind::node ? "node" : "pod"},
            {"node", member.node ? member.node->text() : ""},
            {"families", std::move(families)},
            {"ips", std::move(addresses)}};
}

/// The members that take part, numbered anew.
class Cast {
public:
    explicit Cast(const Outcome& outcome) : number_of_(outcome.members.size()) {
        for (const probe::Pair& pair : outcome.plan.pairs)
            for (const probe::MemberId end : {pair.from, pair.to})
                number_of_[end.value()] = 0;
        for (std::size_t i = 0; i < number_of_.size(); ++i)
            if (number_of_[i]) {
                number_of_[i] = members_.size();
                members_.push_back(member_json(outcome.members[i]));
            }
    }
    std::size_t size() const { return members_.size(); }
    std::size_t number(probe::MemberId member) const { return *number_of_[member.value()]; }
    const Json& members() const { return members_; }

private:
    std::vector<std::optional<std::size_t>> number_of_;
    Json members_ = Json::array();
};

/// One entry for each pair that fails, its lanes as a mask of bits in the plan's order.
Json failures_json(const Outcome& outcome, const Cast& cast) {
    struct PairFailure {
        std::uint32_t lanes = 0;
        probe::Verdict verdict{};
        std::set<std::string_view> properties{};
    };
    std::map<probe::Pair, PairFailure> pairs;
    for (const probe::Failure& failure : outcome.report.failures) {
        PairFailure& pair = pairs[failure.pair];
        if (pair.lanes == 0) pair.verdict = failure.finding.verdict;
        pair.properties.insert(to_string(failure.finding.property));
        for (std::size_t bit = 0; bit < outcome.plan.lanes.size(); ++bit)
            if (outcome.plan.lanes[bit] == failure.lane) pair.lanes |= 1U << bit;
    }
    Json json = Json::array();
    for (const auto& [pair, failure] : pairs)
        json.push_back({{"from", cast.number(pair.from)},
                        {"to", cast.number(pair.to)},
                        {"lanes", failure.lanes},
                        {"verdict", to_string(failure.verdict)},
                        {"properties", failure.properties}});
    return json;
}

/// null when all ordered pairs were tried: they need not be named.
Json pairs_json(const Outcome& outcome, const Cast& cast) {
    if (outcome.plan.pairs.size() == cast.size() * cast.size()) return nullptr;
    Json json = Json::array();
    for (const probe::Pair& pair : outcome.plan.pairs)
        json.push_back({cast.number(pair.from), cast.number(pair.to)});
    return json;
}

/// JSON that may stand in a script element: nothing in it can end that.
std::string for_script(const Json& json) {
    std::string text;
    for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
        if (c == '<')
            text += "\\u003c";
        else
            text += c;
    }
    return text;
}

}  // namespace

std::string html_report(const Outcome& outcome) {
    Json json = Json::parse(summary_json(outcome));
    const Cast cast{outcome};
    Json lanes = Json::array();
    for (const probe::Lane& lane : outcome.plan.lanes)
        lanes.push_back({{"name", to_string(lane)}, {"family", static_cast<int>(lane.family)}});
    json["members"] = cast.members();
    json["lanes"] = std::move(lanes);
    json["pairs"] = pairs_json(outcome, cast);
    json["failures"] = failures_json(outcome, cast);

    constexpr std::string_view kPlace = "@OUTCOME@";
    std::string page{kPageTemplate};
    return page.replace(page.find(kPlace), kPlace.size(), for_script(json));
}

}  // namespace flatlan::reach
