#pragma once

#include <string>

#include "overlay/probe/verdict.hpp"

namespace flatlan::probe {

/// Why checks failed, found by looking at the packets' way itself and not only at its ends.
struct Explanation {
    Verdict verdict = Verdict::unknown;
    std::string hop;       ///< the place's name
    std::string evidence;  ///< one clause without a full stop
    std::string mend;      ///< a command; empty where none is known
    /// Whether they are the same fault: what was seen of it may differ.
    friend bool operator==(const Explanation& one, const Explanation& other) {
        return one.verdict == other.verdict && one.hop == other.hop && one.mend == other.mend;
    }
};

}  // namespace flatlan::probe
