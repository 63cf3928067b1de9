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

/// Error invalid_argument for a folder where a database is to be: to be asked before anything is
/// made beside it.
Result<void> refuse_folder(const std::filesystem::path& file);

/// Makes the entry of a file that is new, renamed or removed last: that is its folder's to do.
Result<void> sync_folder_of(const std::filesystem::path& file);

}  // namespace flatlan::sqlite
