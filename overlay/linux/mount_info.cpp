#include "overlay/linux/mount_info.hpp"

#include <charconv>

namespace flatlan {
namespace {

constexpr std::size_t kDigits = 3;

}  // namespace

std::string unescape_mount_path(std::string_view field) {
    std::string path;
    for (std::size_t at = 0; at < field.size(); ++at) {
        const std::string_view digits = field.substr(at + 1, kDigits);
        unsigned code = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 8);
        const bool escaped = field[at] == '\\' && digits.size() == kDigits &&
                             read.ptr == digits.data() + digits.size();
        path += escaped ? static_cast<char>(code) : field[at];
        if (escaped) at += kDigits;
    }
    return path;
}

}  // namespace flatlan
