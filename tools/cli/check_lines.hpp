#pragma once

#include <span>
#include <string>

#include "tools/cli/console.hpp"

namespace flatlan::cli {

/// One thing that a doctor looked at, as people are told of it.
struct CheckLine {
    std::string state;  ///< "ok", "limited" and so on
    Style style = Style::plain;
    std::string name;
    std::string found;
    std::string remark{};  ///< below it, when all is not well; empty: all is
    std::string mend{};
};

/// One line for each that is well; its remark and its mend below it when not.
std::string lines_of(std::span<const CheckLine> checks, const Terminal& terminal);

}  // namespace flatlan::cli
