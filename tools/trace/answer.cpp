#include "tools/trace/answer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "overlay/base/text.hpp"
#include "overlay/probe/trace/pcapng.hpp"

namespace flatlan::trace {
namespace {

using Json = nlohmann::ordered_json;
using Stations = std::vector<TraceReport::Station>;

Json json_of(const Stations& stations) {
    Json list = Json::array();
    for (const TraceReport::Station& station : stations)
        list.push_back({{"node", station.place},
                        {"device", station.device},
                        {"action", to_string(station.action)},
                        {"outer", station.outer},
                        {"evidence", station.evidence},
                        {"captured", station.captured}});
    return list;
}

/// Names, rules and devices are words of whoever made them, on another machine perhaps.
TraceReport for_terminal(TraceReport report) {
    for (std::string* const text :
         {&report.from, &report.to, &report.hop, &report.reason, &report.mend})
        *text = flatlan::for_terminal(*text);
    for (std::string& line : report.evidence)
        line = flatlan::for_terminal(line);
    for (Stations* const way : {&report.forth, &report.back})
        for (TraceReport::Station& station : *way)
            for (std::string* const text : {&station.place, &station.device, &station.evidence})
                *text = flatlan::for_terminal(*text);
    return report;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string way_text(const char* title, const Stations& stations) {
    if (stations.empty()) return {};
    std::size_t place = 0;
    std::size_t device = 0;
    std::size_t action = 0;
    const auto words = [](const TraceReport::Station& station) {
        return std::string{to_string(station.action)} + (station.outer ? " (tunnel)" : "");
    };
    for (const TraceReport::Station& station : stations) {
        place = std::max(place, station.place.size());
        device = std::max(device, station.device.size());
        action = std::max(action, words(station).size());
    }
    std::string text = std::string{title} + "\n";
    for (const TraceReport::Station& station : stations)
        text += std::string{station.captured ? "  seen  " : "  -     "} +
                padded(station.place, place + 2) + padded(station.device, device + 2) +
                padded(words(station), action + 2) + station.evidence + "\n";
    return text;
}

}  // namespace

std::string report_json(const TraceReport& report) {
    const Json json{{"from", report.from},
                    {"to", report.to},
                    {"family", static_cast<int>(report.family)},
                    {"protocol", to_string(report.protocol)},
                    {"verdict", to_string(report.verdict)},
                    {"hop", report.hop},
                    {"reason", report.reason},
                    {"evidence", report.evidence},
                    {"mend", report.mend},
                    {"hops", json_of(report.forth)},
                    {"return", json_of(report.back)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string report_text(const TraceReport& found) {
    const TraceReport report = for_terminal(found);
    std::string text = report.from + " to " + report.to + ", " +
                       to_string(probe::Lane{report.family, report.protocol}) + ": " +
                       std::string{to_string(report.verdict)};
    if (!report.hop.empty()) text += " at " + report.hop;
    text += "\n    " + report.reason + "\n";
    for (const std::string& line : report.evidence)
        text += "    seen: " + line + "\n";
    if (!report.mend.empty()) text += "    mend: " + report.mend + "\n";
    text += "\n" + way_text("There:", report.forth);
    return text + way_text("Back:", report.back);
}

std::vector<std::byte> capture_of(const Atlas& atlas, const std::vector<KeptFrame>& frames) {
    PcapngFile file;
    for (const KeptFrame& kept : frames)
        file.add(atlas.at(kept.place).name + " " + kept.device, kept.frame.layer,
                 kept.frame.outgoing, kept.frame.at, kept.frame.octets);
    return file.take_bytes();
}

Result<void> write_capture(const std::string& path, std::span<const std::byte> capture) {
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out.write(reinterpret_cast<const char*>(capture.data()),
              static_cast<std::streamsize>(capture.size()));
    out.flush();
    if (!out)
        return Error{ErrorCode::invalid_argument,
                     "cannot write '" + path + "': " + std::strerror(errno)}
            .at("--pcap");
    return success();
}

}  // namespace flatlan::trace
