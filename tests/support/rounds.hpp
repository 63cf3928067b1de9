#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace flatlan::support {

/// How many rounds a long proof does: `full` under tests/soak, `reduced` under tests/run, which
/// prints what it left out. `what` names the proof: "ipam model: operations".
inline std::uint64_t rounds(std::string_view what, std::uint64_t full, std::uint64_t reduced) {
    if (std::getenv("FLATLAN_SOAK") != nullptr) return full;
    std::cout << "[ REDUCED  ] " << what << ": " << reduced << " of " << full << std::endl;
    return reduced;
}

}  // namespace flatlan::support
