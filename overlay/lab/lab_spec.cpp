#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

std::string to_string(const SourcePlace& place) {
    if (place.file.empty()) return {};
    return place.file + ":" + std::to_string(place.line);
}

IpFamily endpoint_family(const LabSpec& spec) {
    FLATLAN_CHECK(!spec.underlay_cidrs.empty());
    return spec.underlay_cidrs.front().family();
}

unsigned block_length(const LabSpec& spec, IpFamily family) {
    return family == IpFamily::ipv4 ? spec.block_length_ipv4 : spec.block_length_ipv6;
}

}  // namespace flatlan::lab
