#include "overlay/probe/trace/breadth.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;

/// What packets a fault of that kind takes.
enum class Breadth : std::uint8_t { all, of_a_family, of_a_protocol };

Breadth breadth_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::fdb_missing:
        case Verdict::fdb_wrong:
        case Verdict::tunnel_missing:
        case Verdict::tunnel_port_blocked:
        case Verdict::underlay_unreachable:
        case Verdict::sender_rejected:
        case Verdict::vni_mismatch:
        case Verdict::link_down:
        case Verdict::pod_missing:
            return Breadth::all;
        case Verdict::no_route:
        case Verdict::wrong_route:
        case Verdict::neighbour_missing:
        case Verdict::neighbour_wrong:
        case Verdict::forwarding_off:
        case Verdict::reverse_path_filter:
        case Verdict::duplicate_address:
        case Verdict::address_missing:
            return Breadth::of_a_family;
        default:
            return Breadth::of_a_protocol;
    }
}

}  // namespace

bool is_taken_too(probe::Verdict verdict, const probe::Lane& traced, const probe::Lane& other) {
    switch (breadth_of(verdict)) {
        case Breadth::all:
            return true;
        case Breadth::of_a_family:
            return traced.family == other.family;
        case Breadth::of_a_protocol:
            break;
    }
    return traced == other;
}

}  // namespace flatlan::trace
