#include "tools/cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace flatlan::cli {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

/// The SGR sequence of ECMA-48, section 8.3.117, that switches a style on.
std::string_view sequence(Style style) {
    switch (style) {
        case Style::plain:
            return "";
        case Style::bold:
            return "\x1b[1m";
        case Style::dim:
            return "\x1b[2m";
        case Style::good:
            return "\x1b[32m";
        case Style::bad:
            return "\x1b[31m";
        case Style::warning:
            return "\x1b[33m";
    }
    return "";
}

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

}  // namespace

Terminal Terminal::of_descriptor(int fd) {
    Terminal terminal;
    if (isatty(fd) == 0) return terminal;
    const char* term = std::getenv("TERM");
    terminal.interactive = term != nullptr && std::string_view{term} != "dumb";
    terminal.colour = terminal.interactive && !is_set("NO_COLOR");
    winsize size{};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.columns = size.ws_col;
    return terminal;
}

std::string styled(const Terminal& terminal, Style style, std::string_view text) {
    if (!terminal.colour || style == Style::plain) return std::string{text};
    return std::string{sequence(style)}.append(text).append(kReset);
}

}  // namespace flatlan::cli
