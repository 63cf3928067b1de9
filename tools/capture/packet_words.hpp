#pragma once

#include <string>

#include "overlay/probe/capture/decode.hpp"
#include "overlay/probe/io/capture/capture_session.hpp"

namespace flatlan::capture {

/// "12:00:01.123456 web eth0 out 10.244.0.1 > ...", local time, without a line feed.
std::string packet_text(const CapturedPacket& packet, Port tunnel_port);

/// tools/cli/schema/capture.json, on one line without a line feed.
std::string packet_json(const CapturedPacket& packet, Port tunnel_port);

}  // namespace flatlan::capture
