#include "overlay/lab/fault/fault.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::lab {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const FaultRequest& request) {
    return {{"fault", request.fault},
            {"at", request.at},
            {"towards", request.towards},
            {"family", request.family ? static_cast<int>(*request.family) : 0}};
}

FaultRequest request_from(const Json& json) {
    FaultRequest request{.fault = json.at("fault").get<std::string>(),
                         .at = json.at("at").get<std::string>(),
                         .towards = json.at("towards").get<std::string>()};
    const int family = json.at("family").get<int>();
    if (family != 0) request.family = family == 4 ? IpFamily::ipv4 : IpFamily::ipv6;
    return request;
}

template <typename Read>
auto read_json(std::string_view text, Read read) -> Result<decltype(read(Json{}))> {
    try {
        return read(Json::parse(text));
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, std::string{"read faults: "} + thrown.what()};
    }
}

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const FaultRequest& request) { return text_of(json_of(request)); }

Result<FaultRequest> fault_request_from_json(std::string_view text) {
    return read_json(text, request_from);
}

std::string to_json(const std::vector<FaultRecord>& faults) {
    Json list = Json::array();
    for (const FaultRecord& record : faults) {
        Json each{{"number", record.number}};
        each.update(json_of(record.request));
        each["made"] = record.made;
        list.push_back(std::move(each));
    }
    return text_of({{"faults", std::move(list)}});
}

Result<std::vector<FaultRecord>> fault_records_from_json(std::string_view text) {
    return read_json(text, [](const Json& json) {
        std::vector<FaultRecord> faults;
        for (const Json& each : json.at("faults"))
            faults.push_back({each.at("number").get<unsigned>(), request_from(each),
                              each.at("made").get<std::string>()});
        return faults;
    });
}

}  // namespace flatlan::lab
