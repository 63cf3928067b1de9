#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/lab/fault/makers.hpp"

namespace flatlan::lab {

/// Whether a fault concerns the packets for somebody.
enum class Towards : std::uint8_t { never, maybe, always };

/// A fault that can be made.
struct FaultKind {
    std::string_view name;
    std::string_view summary;  ///< what it does at AT, one clause
    bool at_pod = false;
    bool at_node = false;
    bool at_underlay = false;
    Towards towards = Towards::never;
    FaultMaker make = nullptr;
    /// It takes the tunnel's device away, which only the node's own repair brings back.
    bool remakes_tunnel = false;
};

/// All of them, by what they touch.
std::span<const FaultKind> fault_kinds();

/// Where it can be: "a pod", "a node", "underlay".
std::vector<std::string> places_of(const FaultKind& kind);

/// Errors: invalid_argument for a name that is none, a place where it cannot be, and `towards`
/// missing or too much; the text lists what would be right.
Result<const FaultKind*> find_fault_kind(const FaultRequest& request);

}  // namespace flatlan::lab
