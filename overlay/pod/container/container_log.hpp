#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::pod {

/// Which of a container's two outputs a line is of.
enum class LogStream : std::uint8_t { output, error };

/// The log of one run of one container, in CRI's format (Kubernetes, kubelet-cri-logging): a line
/// for each line of the program,
///
///     2026-01-31T09:30:00.123456789Z stdout F text
///
/// with "P" instead of "F" where a long line goes on in the next one. When the file is full it is
/// renamed to FILE.1, that one to FILE.2, and the oldest is lost: whatever a container writes, its
/// log takes at most kFilesMax * kFileSizeMaxBytes.
class ContainerLog {
public:
    static constexpr std::size_t kFileSizeMaxBytes = 2U << 20U;
    static constexpr unsigned kFilesMax = 3;
    /// Containerd's: a longer line is cut in pieces.
    static constexpr std::size_t kLineSizeMaxBytes = 16U << 10U;

    /// Makes the file, and its folder where that is missing.
    static Result<ContainerLog> create(const std::string& path);

    /// What the container wrote, at the time `at` of the clock on the wall.
    Result<void> append(LogStream stream, std::string_view text, const timespec& at);
    /// What there is to say to its readers that the container did not write; a line of its own.
    void note(const std::string& text, const timespec& at);
    /// The container has ended: what has no end of line yet becomes a line.
    Result<void> finish(const timespec& at);

private:
    explicit ContainerLog(std::string path, UniqueFd file)
        : path_{std::move(path)}, file_{std::move(file)} {}
    Result<void> write_lines(const std::string& lines);
    Result<void> rotate();

    std::string path_;
    UniqueFd file_;
    std::size_t size_bytes_ = 0;
    std::string partial_[2];  ///< of each stream, what came after the last end of line
};

/// "2026-01-31T09:30:00.123456789Z".
std::string log_time(const timespec& at);
/// The clock on the wall.
timespec wall_clock();

}  // namespace flatlan::pod
