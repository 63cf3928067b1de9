#include "overlay/pod/image/image_user.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "overlay/pod/image/inside_folder.hpp"

namespace flatlan::pod {
namespace {

/// passwd(5): NAME:PASSWORD:UID:GID:...; group(5): NAME:PASSWORD:GID:MEMBERS.
using Fields = std::vector<std::string>;

constexpr std::size_t kFileSizeMax = 1U << 20U;

std::string read_inside(const std::string& root, const std::string& path) {
    const UniqueFd folder{open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const UniqueFd file = open_inside(folder.get(), path, O_RDONLY | O_NONBLOCK);
    std::string text;
    std::array<char, 4096> chunk;
    while (file && text.size() < kFileSizeMax) {
        const ssize_t count = read(file.get(), chunk.data(), chunk.size());
        if (count <= 0) break;
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return text;
}

std::optional<std::uint32_t> number_of(const std::string& text) {
    std::uint32_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The line of that name or number.
std::optional<Fields> find_line(const std::string& text, const std::string& wanted) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        Fields fields;
        std::istringstream words{line};
        for (std::string word; std::getline(words, word, ':');)
            fields.push_back(word);
        if (fields.size() >= 3 && (fields[0] == wanted || fields[2] == wanted)) return fields;
    }
    return std::nullopt;
}

Error nobody(const std::string& what, const std::string& file) {
    return Error{ErrorCode::not_found,
                 "the image runs as '" + what + "', who is not in its " + file};
}

}  // namespace

Result<ImageUser> find_image_user(const std::string& root, const std::string& user) {
    ImageUser found;
    if (user.empty()) return found;
    const auto colon = user.find(':');
    const std::string name = user.substr(0, colon);
    const auto line = find_line(read_inside(root, "etc/passwd"), name);
    const auto number = number_of(name);
    if (!line && !number) return nobody(name, "/etc/passwd");
    found.uid = number ? *number : number_of((*line)[2]).value_or(0);
    if (line && line->size() >= 4) found.gid = number_of((*line)[3]).value_or(0);
    if (colon == user.npos) return found;
    const std::string group = user.substr(colon + 1);
    const auto group_line = find_line(read_inside(root, "etc/group"), group);
    const auto gid = number_of(group_line ? (*group_line)[2] : group);
    if (!gid) return nobody(group, "/etc/group");
    found.gid = *gid;
    return found;
}

}  // namespace flatlan::pod
