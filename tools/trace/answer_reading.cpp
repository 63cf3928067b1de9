#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "tools/trace/answer.hpp"

namespace flatlan::trace {
namespace {

using Json = nlohmann::json;

Error corrupt(const std::string& what) {
    return {ErrorCode::corrupt, "this is not the answer to a trace: " + what};
}

/// The enumerator whose word it is, of all up to `last`.
template <typename Enumeration>
Result<Enumeration> from_word(const std::string& word, Enumeration last) {
    for (int each = 0; each <= static_cast<int>(last); ++each)
        if (to_string(static_cast<Enumeration>(each)) == word)
            return static_cast<Enumeration>(each);
    return corrupt("it says '" + word + "'");
}

Result<std::vector<TraceReport::Station>> stations_from(const Json& list) {
    std::vector<TraceReport::Station> stations;
    for (const Json& each : list) {
        FLATLAN_TRY(action, from_word(each.at("action").get<std::string>(), Action::receive));
        stations.push_back({.place = each.at("node").get<std::string>(),
                            .device = each.at("device").get<std::string>(),
                            .action = action,
                            .outer = each.at("outer").get<bool>(),
                            .evidence = each.at("evidence").get<std::string>(),
                            .captured = each.at("captured").get<bool>()});
    }
    return stations;
}

Result<TraceReport> read(const Json& json) {
    const int family = json.at("family").get<int>();
    if (family != 4 && family != 6) return corrupt("its family is " + std::to_string(family));
    FLATLAN_TRY(protocol, probe::protocol_from_text(json.at("protocol").get<std::string>()));
    FLATLAN_TRY(verdict, from_word(json.at("verdict").get<std::string>(), probe::Verdict::unknown));
    TraceReport report{.from = json.at("from").get<std::string>(),
                       .to = json.at("to").get<std::string>(),
                       .family = family == 4 ? IpFamily::ipv4 : IpFamily::ipv6,
                       .protocol = protocol,
                       .verdict = verdict,
                       .hop = json.at("hop").get<std::string>(),
                       .reason = json.at("reason").get<std::string>(),
                       .evidence = json.at("evidence").get<std::vector<std::string>>(),
                       .mend = json.at("mend").get<std::string>()};
    FLATLAN_TRY(forth, stations_from(json.at("hops")));
    report.forth = std::move(forth);
    FLATLAN_TRY(back, stations_from(json.at("return")));
    report.back = std::move(back);
    return report;
}

}  // namespace

Result<TraceReport> report_from_json(std::string_view text) {
    try {
        return read(Json::parse(text));
    } catch (const Json::exception& failed) {
        return corrupt(failed.what());
    }
}

}  // namespace flatlan::trace
