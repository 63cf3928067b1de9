#include "tools/reach/report/report_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace flatlan::reach {

namespace {

/// Why there can be no report at the path: a wrong path is its writer's to change.
Error refused(int reason, const std::string& path) {
    Error error = Error::from_errno(reason, "write the report " + (path.empty() ? "''" : path))
                      .expecting("a file in a folder that exists and that this user may write to");
    switch (reason) {
        case ENOENT:
        case ENOTDIR:
        case EISDIR:
        case ENAMETOOLONG:
        case EINVAL:
        case ELOOP:
            return std::move(error).as(ErrorCode::invalid_argument);
        default:
            return error;
    }
}

}  // namespace

Result<ReportFile> ReportFile::open(std::string path) {
    constexpr mode_t kReadableByAll = 0644;
    // Its folder's name, or none: what is begun could not be put there.
    if (path.empty() || path.ends_with('/')) return refused(path.empty() ? ENOENT : EISDIR, path);
    std::string begun = path + ".XXXXXX";
    UniqueFd file{mkstemp(begun.data())};
    if (!file) return refused(errno, path);
    struct stat seen {};
    const bool is_folder = stat(path.c_str(), &seen) == 0 && S_ISDIR(seen.st_mode);
    if (is_folder || fchmod(file.get(), kReadableByAll) != 0) {
        const int reason = is_folder ? EISDIR : errno;
        unlink(begun.c_str());
        return refused(reason, path);
    }
    const std::filesystem::path name{begun};
    const std::string folder = name.has_parent_path() ? name.parent_path().string() : ".";
    UniqueFd held{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!held) {
        const int reason = errno;
        unlink(begun.c_str());
        return refused(reason, path);
    }
    return ReportFile{std::move(path), name.filename().string(), std::move(held), std::move(file)};
}

ReportFile::ReportFile(ReportFile&& other) noexcept
    : path_{std::move(other.path_)},
      begun_{std::exchange(other.begun_, {})},
      folder_{std::move(other.folder_)},
      file_{std::move(other.file_)} {}

ReportFile::~ReportFile() {
    if (!begun_.empty()) unlinkat(folder_.get(), begun_.c_str(), 0);
}

Error ReportFile::failed(int reason) const {
    return Error::from_errno(reason, "write the report " + path_);
}

Result<void> ReportFile::write(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t count = ::write(file_.get(), text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed(errno);
        done += static_cast<std::size_t>(count);
    }
    const std::string name = std::filesystem::path{path_}.filename().string();
    if (renameat(folder_.get(), begun_.c_str(), folder_.get(), name.c_str()) != 0)
        return failed(errno);
    begun_.clear();
    return success();
}

}  // namespace flatlan::reach
