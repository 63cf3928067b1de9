#include "overlay/lab/lab_spec.hpp"

#include <algorithm>

namespace flatlan::lab {

std::string to_string(const SourcePlace& place) {
    if (place.file.empty()) return {};
    return place.file + ":" + std::to_string(place.line);
}

IpFamily endpoint_family(const LabSpec& spec) {
    const bool has_ipv4 =
        std::any_of(spec.underlay_cidrs.begin(), spec.underlay_cidrs.end(),
                    [](const IpPrefix& prefix) { return prefix.family() == IpFamily::ipv4; });
    return has_ipv4 ? IpFamily::ipv4 : IpFamily::ipv6;
}

const pod::PodTemplate* contents_of(const LabSpec& spec, const PodSpec& pod) {
    return pod.contents ? &spec.templates[*pod.contents] : nullptr;
}

unsigned block_length(const LabSpec& spec, IpFamily family) {
    return family == IpFamily::ipv4 ? spec.block_length_ipv4 : spec.block_length_ipv6;
}

}  // namespace flatlan::lab
