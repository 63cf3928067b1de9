#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace flatlan::cli {

/// What an output stream leads to.
struct Terminal {
    static constexpr unsigned kDefaultColumns = 80;

    bool interactive = false;  ///< a person watches: lines may be redrawn
    bool colour = false;
    unsigned columns = kDefaultColumns;  ///< of a terminal; says nothing of a file or pipe

    /// Asks the kernel and the environment: no colour with NO_COLOR (https://no-color.org), neither
    /// colour nor redrawing with TERM=dumb.
    static Terminal of_descriptor(int fd);
};

/// Where a verb writes: `out` takes the answer and nothing else, `err` is for people.
struct Console {
    std::ostream& out;
    std::ostream& err;
    Terminal out_terminal{};
    Terminal err_terminal{};
};

enum class Style { plain, bold, dim, good, bad, warning };

/// The text in that style where the terminal has colour, unchanged elsewhere.
std::string styled(const Terminal& terminal, Style style, std::string_view text);

}  // namespace flatlan::cli
