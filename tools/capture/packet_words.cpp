#include "tools/capture/packet_words.hpp"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace flatlan::capture {
namespace {

using Json = nlohmann::ordered_json;

struct WallTime {
    std::tm parts{};
    long nanoseconds;

    WallTime(Duration since_1970, std::tm* (*split)(const std::time_t*, std::tm*)) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
        const std::time_t whole = seconds.count();
        split(&whole, &parts);
        nanoseconds = static_cast<long>((since_1970 - seconds).count());
    }
};

std::string local_time(Duration since_1970) {
    const WallTime time{since_1970, localtime_r};
    char text[40];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d.%06ld", time.parts.tm_hour, time.parts.tm_min,
                  time.parts.tm_sec, time.nanoseconds / 1000);
    return text;
}

/// RFC 3339.
std::string universal_time(Duration since_1970) {
    const WallTime time{since_1970, gmtime_r};
    char day[40];
    char text[64];
    std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &time.parts);
    std::snprintf(text, sizeof text, "%s.%09ldZ", day, time.nanoseconds);
    return text;
}

Json json_of(const Header& header) {
    Json json{{"layer", header.layer}};
    for (const auto& [name, value] : header.fields)
        std::visit([&](const auto& each) { json[std::string{name}] = each; }, value);
    return json;
}

std::string_view direction(const CapturedPacket& packet) {
    return packet.frame.outgoing ? "out" : "in";
}

}  // namespace

std::string packet_text(const CapturedPacket& packet, Port tunnel_port) {
    constexpr std::string_view kDefault = "default/";
    std::string place = packet.place;
    if (place.starts_with(kDefault)) place.erase(0, kDefault.size());
    return local_time(packet.frame.at) + " " + place + " " + packet.device + " " +
           std::string{direction(packet)} + " " +
           to_line(decode(packet.frame.octets, packet.frame.layer, tunnel_port));
}

std::string packet_json(const CapturedPacket& packet, Port tunnel_port) {
    const Decoded decoded = decode(packet.frame.octets, packet.frame.layer, tunnel_port);
    Json headers = Json::array();
    for (const Header& header : decoded.headers)
        headers.push_back(json_of(header));
    Json json{{"time", universal_time(packet.frame.at)},
              {"place", packet.place},
              {"device", packet.device},
              {"direction", direction(packet)},
              {"octets", packet.frame.octets.size()},
              {"headers", std::move(headers)},
              {"payload_octets", decoded.payload_octets}};
    if (!decoded.trouble.empty()) json["trouble"] = decoded.trouble;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace flatlan::capture
