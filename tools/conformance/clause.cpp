#include "tools/conformance/clause.hpp"

#include <array>

namespace flatlan::conformance {

std::string_view to_string(Level level) {
    constexpr std::array<std::string_view, 3> kWords{"must", "should", "practice"};
    return kWords[static_cast<std::size_t>(level)];
}

std::string_view to_string(Verdict verdict) {
    constexpr std::array<std::string_view, 3> kWords{"pass", "fail", "not applicable"};
    return kWords[static_cast<std::size_t>(verdict)];
}

std::vector<Clause> all_clauses() {
    std::vector<Clause> clauses;
    for (const auto& group : {version_clauses(), environment_clauses(), input_clauses(),
                              add_clauses(), result_clauses(), chain_clauses(), check_clauses(),
                              del_clauses(), gc_clauses(), concurrent_clauses(), killed_clauses()})
        clauses.insert(clauses.end(), group.begin(), group.end());
    return clauses;
}

}  // namespace flatlan::conformance
