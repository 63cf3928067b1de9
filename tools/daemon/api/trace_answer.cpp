#include "tools/daemon/api/trace_answer.hpp"

#include <nlohmann/json.hpp>

#include "overlay/base/hex.hpp"
#include "tools/trace/answer.hpp"

namespace flatlan::daemon {
namespace {

using Json = nlohmann::ordered_json;

/// Its report and its capture.
Result<trace::TraceAnswer> read(const Json& json) {
    if (!json.contains("capture"))
        return Error{ErrorCode::unsupported,
                     "the flatland of this node keeps no capture of a trace"}
            .at("--pcap")
            .expecting("a newer one: systemctl restart flatland, once it is installed");
    FLATLAN_TRY(report, trace::report_from_json(json.at("report").dump()));
    auto capture = octets_from_hex(json.at("capture").get<std::string>());
    if (!capture) return Error{ErrorCode::corrupt, "the capture of a trace is not in hexadecimal"};
    return trace::TraceAnswer{std::move(report), std::move(*capture)};
}

}  // namespace

std::string to_json(const trace::TraceAnswer& answer) {
    std::string report = trace::report_json(answer.report);
    if (answer.capture.empty()) return report;
    return R"({"report":)" + report + R"(,"capture":")" + hex_of(answer.capture) + R"("})";
}

Result<trace::TraceAnswer> trace_answer_from_json(std::string_view text, bool with_capture) {
    if (!with_capture) {
        FLATLAN_TRY(report, trace::report_from_json(text));
        return trace::TraceAnswer{std::move(report)};
    }
    try {
        return read(Json::parse(text));
    } catch (const Json::exception& failed) {
        return Error{ErrorCode::corrupt,
                     std::string{"this is not the answer to a trace: "} + failed.what()};
    }
}

}  // namespace flatlan::daemon
