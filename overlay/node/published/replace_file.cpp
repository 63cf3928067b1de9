#include "overlay/node/published/replace_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "overlay/base/undo.hpp"

namespace flatlan::node {
namespace {

Result<void> write_whole(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return Error::from_errno(errno, "write");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fchmod(descriptor, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) != 0)
        return Error::from_errno(errno, "make it readable for all");
    return success();
}

}  // namespace

Result<void> replace_file(const std::filesystem::path& path, std::string_view text, Synced synced) {
    std::error_code made;
    std::filesystem::create_directories(path.parent_path(), made);
    if (made) return Error::from_errno(made.value(), "make its folder");

    std::string temporary = path.string() + ".XXXXXX";
    const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) return Error::from_errno(errno, "make a file beside it");
    Undo remove{[&] { ::unlink(temporary.c_str()); }};
    auto written = write_whole(descriptor, text);
    if (written && synced == Synced::yes && ::fsync(descriptor) != 0)
        written = Error::from_errno(errno, "sync");
    ::close(descriptor);
    if (!written) return written;
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return Error::from_errno(errno, "put it in place");
    remove.disarm();
    return success();
}

}  // namespace flatlan::node
