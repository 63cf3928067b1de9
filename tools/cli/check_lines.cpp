#include "tools/cli/check_lines.hpp"

#include <algorithm>

namespace flatlan::cli {

std::string lines_of(std::span<const CheckLine> checks, const Terminal& terminal) {
    std::size_t name_columns = 0;
    std::size_t state_columns = 0;
    for (const CheckLine& check : checks) {
        name_columns = std::max(name_columns, check.name.size());
        state_columns = std::max(state_columns, check.state.size());
    }
    std::string out;
    for (const CheckLine& check : checks) {
        out += styled(terminal, check.style, check.state) +
               std::string(state_columns - check.state.size() + 2, ' ') + check.name +
               std::string(name_columns - check.name.size() + 2, ' ') + check.found + '\n';
        if (check.remark.empty()) continue;
        const std::string indent(state_columns + 2, ' ');
        out += indent + check.remark + '\n';
        if (!check.mend.empty()) out += indent + "mend:   " + check.mend + '\n';
    }
    return out;
}

}  // namespace flatlan::cli
