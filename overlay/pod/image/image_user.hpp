#pragma once

#include <sys/types.h>

#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::pod {

/// Who runs the processes of a container.
struct ImageUser {
    uid_t uid = 0;
    gid_t gid = 0;
    friend bool operator==(const ImageUser&, const ImageUser&) = default;
};

/// The user that an image's configuration names ("NAME", "UID", with ":GROUP" or without), looked
/// up in the image's own /etc/passwd and /etc/group, at `root`. An uid that stands there has its
/// group, one that does not has group 0. Error not_found for a name that is not there.
Result<ImageUser> find_image_user(const std::string& root, const std::string& user);

}  // namespace flatlan::pod
