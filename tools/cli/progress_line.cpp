#include "tools/cli/progress_line.hpp"

#include <ostream>

namespace flatlan::cli {
namespace {

constexpr std::size_t kBarColumns = 20;
/// Back to the first column, and erase to the end of the line (ECMA-48, EL).
constexpr std::string_view kEraseLine = "\r\x1b[K";

}  // namespace

void ProgressLine::show(const lab::Progress& progress) {
    if (!console_.err_terminal.interactive) return;
    std::string line = progress.stage;
    if (progress.total > 0) {
        const std::size_t filled = kBarColumns * progress.done / progress.total;
        line += " [" + std::string(filled, '#') + std::string(kBarColumns - filled, '.') + "] " +
                std::to_string(progress.done) + '/' + std::to_string(progress.total);
    }
    // A line that wraps could not be erased again.
    line.resize(std::min<std::size_t>(line.size(), console_.err_terminal.columns - 1));
    if (line == shown_) return;
    console_.err << kEraseLine << line << std::flush;
    shown_ = std::move(line);
}

void ProgressLine::clear() {
    if (shown_.empty()) return;
    console_.err << kEraseLine << std::flush;
    shown_.clear();
}

}  // namespace flatlan::cli
