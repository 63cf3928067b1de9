#include "tools/cli/lesson_words.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "overlay/base/suggestion.hpp"

namespace flatlan::cli {

Result<std::string> find_text(const std::string& name, std::string_view kind,
                              std::span<const lesson::BuiltinText> texts) {
    std::vector<std::string> names;
    for (const lesson::BuiltinText& each : texts) {
        if (each.name == name) return std::string{each.text};
        names.emplace_back(each.name);
    }
    if (std::ifstream file{name, std::ios::binary}; file && !std::filesystem::is_directory(name))
        return std::string{std::istreambuf_iterator<char>{file}, {}};
    const auto near = nearest(name, names);
    return Error{ErrorCode::invalid_argument,
                 "no " + std::string{kind} + " '" + name + "', and no file of that name"}
        .expecting(near.empty() ? join_alternatives(names) : join_alternatives(near));
}

Result<std::string> path_of_this_program() {
    std::error_code failed;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
    if (failed) return Error::from_errno(failed.value(), "find this program's own path");
    return path.string();
}

std::string indented(std::string_view text, std::string_view margin) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out.append(margin).append(text.substr(0, end)) += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace flatlan::cli
