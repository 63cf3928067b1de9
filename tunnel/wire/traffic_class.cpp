#include "tunnel/wire/traffic_class.hpp"

namespace flatlan::tunnel {

std::string_view to_string(Ecn ecn) {
    switch (ecn) {
        case Ecn::not_ect:
            return "not-ECT";
        case Ecn::ect1:
            return "ECT(1)";
        case Ecn::ect0:
            return "ECT(0)";
        case Ecn::ce:
            return "CE";
    }
    return "not-ECT";
}

std::string to_string(const TrafficClass& traffic_class) {
    return "DSCP " + std::to_string(traffic_class.dscp.value()) + " " +
           std::string{to_string(traffic_class.ecn)};
}

}  // namespace flatlan::tunnel
