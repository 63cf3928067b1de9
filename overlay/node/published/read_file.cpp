#include "overlay/node/published/read_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "overlay/base/undo.hpp"

namespace flatlan::node {
namespace {

Error unread(const std::filesystem::path& path) {
    Error error = Error::from_errno(errno, "read '" + path.string() + "'");
    return errno == EISDIR ? std::move(error).expecting("a file, not a folder") : error;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return unread(path);
    const Undo close{[&] { ::close(descriptor); }};
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
        const ssize_t got = ::read(descriptor, piece.data(), piece.size());
        if (got == 0) return text;
        if (got > 0)
            text.append(piece.data(), static_cast<std::size_t>(got));
        else if (errno != EINTR)
            return unread(path);
    }
}

}  // namespace flatlan::node
