#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "overlay/base/result.hpp"

namespace flatlan::sqlite {

/// Tells one file from another that has its path later.
struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Of the file that now has this path; empty when there is none.
std::optional<FileIdentity> identity_of(const std::filesystem::path& file);

/// Whether there is a file that is not empty.
bool has_content(const std::filesystem::path& file);

/// To be asked before anything is made beside a database that is opened or made. Errors:
/// invalid_argument for a folder in its place, not_found when the folder that it is to be in is not
/// there.
Result<void> check_place(const std::filesystem::path& file);
/// Error corrupt for a file that does not begin as SQLite's do; one that is empty or not there may
/// become a database.
Result<void> check_beginning(const std::filesystem::path& file);

/// Makes the entry of a file that is new, renamed or removed last: that is its folder's to do.
Result<void> sync_folder_of(const std::filesystem::path& file);

}  // namespace flatlan::sqlite
