#pragma once

#include <string>

#include "overlay/lab/lab_client.hpp"
#include "tools/cli/console.hpp"

namespace flatlan::cli {

/// One line on standard error that is redrawn while something is under way, and is gone afterwards.
/// Writes nothing where nobody watches.
class ProgressLine {
public:
    explicit ProgressLine(Console& console) : console_{console} {}
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() { clear(); }

    void show(const lab::Progress& progress);
    void clear();

private:
    Console& console_;
    std::string shown_;
};

}  // namespace flatlan::cli
