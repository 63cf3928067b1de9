#pragma once

#include <string>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::reach {

/// A file that is written whole or not at all: what stood there before stays until then. Opened
/// before a test, so that a wrong path is said at once and not after it; its folder is held, so
/// that it is the same one wherever this process moves meanwhile.
class ReportFile {
public:
    /// Errors: invalid_argument for a path at which no file can be (its folder is missing, it is a
    /// folder), else as the kernel names them; each with the path.
    static Result<ReportFile> open(std::string path);

    ReportFile(ReportFile&& other) noexcept;
    ReportFile& operator=(ReportFile&&) = delete;
    /// Removes what was begun.
    ~ReportFile();

    /// Writes `text` and puts it in its place. To be called once.
    Result<void> write(const std::string& text);

private:
    ReportFile(std::string path, std::string begun, UniqueFd folder, UniqueFd file)
        : path_{std::move(path)},
          begun_{std::move(begun)},
          folder_{std::move(folder)},
          file_{std::move(file)} {}
    Error failed(int reason) const;

    std::string path_;
    std::string begun_;  ///< its name in the folder until it is whole; empty when there is none
    UniqueFd folder_;
    UniqueFd file_;
};

}  // namespace flatlan::reach
