#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::lab {

/// A line of a container's log, or a piece of a long one (overlay/pod/container/container_log.hpp).
struct LogLine {
    std::string time;    ///< "2026-01-31T09:30:00.123456789Z"
    std::string stream;  ///< "stdout" or "stderr"
    std::string text;
    bool goes_on = false;  ///< the next one of the stream continues it

    /// Empty when the text is no line of a log.
    static std::optional<LogLine> from_text(std::string_view text);
};

/// Which lines of which run.
struct LogWanted {
    PodName pod;
    std::string container;
    bool previous = false;              ///< of the run before the last one
    std::string since{};                ///< lines of this time and later, as LogLine::time
    std::optional<std::size_t> tail{};  ///< the last so many lines
};

using LogSink = std::function<void(const LogLine&)>;

/// The log of one container of a lab of this user, read from its files: that of its last run, which
/// may be over.
class ContainerLogReader {
public:
    /// Error not_found when the lab has no log of it, or none of a previous run.
    static Result<ContainerLogReader> open(const LabName& lab, const LogWanted& wanted);

    /// Hands the lines that are there to `sink`, the oldest first.
    Result<void> read(const LogSink& sink);
    /// Waits for further ones, at most for half a second, and hands them over. Call it until
    /// nothing writes any more.
    Result<void> follow(const LogSink& sink);

private:
    explicit ContainerLogReader(std::string path, LogWanted wanted)
        : path_{std::move(path)}, wanted_{std::move(wanted)} {}
    Result<void> read_new(const LogSink& sink);

    std::string path_;
    LogWanted wanted_;
    std::uint64_t inode_ = 0;  ///< of the file that `offset_` counts in
    std::size_t offset_ = 0;
};

}  // namespace flatlan::lab
