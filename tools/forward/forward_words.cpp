#include "tools/forward/forward_words.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::forward {

std::string listening_text(const Listener& listener, const PodName& pod) {
    return "Forwarding from " + to_string(listener.at) + " to " + to_string(pod) + ":" +
           std::to_string(listener.pod_port.value());
}

std::string listening_json(const Listener& listener, const PodName& pod, const LabName& lab) {
    return nlohmann::ordered_json{{"lab", lab.text()},
                                  {"address", to_string(listener.at.address)},
                                  {"port", listener.at.port.value()},
                                  {"pod", to_string(pod)},
                                  {"pod_port", listener.pod_port.value()}}
        .dump();
}

}  // namespace flatlan::forward
