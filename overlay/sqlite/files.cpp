#include "overlay/sqlite/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>

namespace flatlan::sqlite {

std::optional<FileIdentity> identity_of(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    return FileIdentity{status.st_dev, status.st_ino};
}

bool has_content(const std::filesystem::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 && status.st_size > 0;
}

Result<void> check_place(const std::filesystem::path& file) {
    std::error_code unknown;  // then whoever opens it says why
    if (std::filesystem::is_directory(file, unknown))
        return Error{ErrorCode::invalid_argument, "database '" + file.string() + "' is a folder"}
            .expecting("a file");
    const std::filesystem::path folder = file.parent_path();
    if (!folder.empty() && !std::filesystem::exists(folder, unknown) && !unknown)
        return Error{ErrorCode::not_found, "database '" + file.string() +
                                               "': there is no folder '" + folder.string() + "'"};
    return success();
}

Result<void> check_beginning(const std::filesystem::path& file) {
    // https://www.sqlite.org/fileformat.html, section 1.3, with the zero at its end.
    constexpr std::string_view kBeginning{"SQLite format 3", 16};
    std::ifstream stored{file, std::ios::binary};
    std::string beginning(kBeginning.size(), '\0');
    stored.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    beginning.resize(static_cast<std::size_t>(stored.gcount()));
    if (beginning.empty() || beginning == kBeginning) return success();
    return Error{ErrorCode::corrupt, "database '" + file.string() + "': file is not a database"};
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
