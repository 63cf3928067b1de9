#pragma once

#include <string>

#include "overlay/base/names.hpp"
#include "tools/forward/listener.hpp"

namespace flatlan::forward {

/// "Forwarding from 127.0.0.1:8080 to default/web:80", without a line feed.
std::string listening_text(const Listener& listener, const PodName& pod);

/// tools/cli/schema/forward.json, on one line without a line feed.
std::string listening_json(const Listener& listener, const PodName& pod, const LabName& lab);

}  // namespace flatlan::forward
