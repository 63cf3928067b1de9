#include "overlay/sqlite/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace flatlan::sqlite {

std::optional<FileIdentity> identity_of(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    return FileIdentity{status.st_dev, status.st_ino};
}

Result<void> refuse_folder(const std::filesystem::path& file) {
    std::error_code unknown;  // then whoever opens it says why
    if (!std::filesystem::is_directory(file, unknown)) return success();
    return Error{ErrorCode::invalid_argument, "database '" + file.string() + "' is a folder"}
        .expecting("a file");
}

Result<void> sync_folder_of(const std::filesystem::path& file) {
    const std::filesystem::path parent = file.parent_path();
    const std::filesystem::path folder = parent.empty() ? "." : parent;
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return Error::from_errno(errno, "open '" + folder.string() + "'");
    const int synced = ::fsync(descriptor);
    const int cause = errno;
    ::close(descriptor);
    if (synced != 0) return Error::from_errno(cause, "sync '" + folder.string() + "'");
    return success();
}

}  // namespace flatlan::sqlite
