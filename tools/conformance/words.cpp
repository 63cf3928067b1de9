#include "tools/conformance/words.hpp"

#include "overlay/base/text.hpp"

namespace flatlan::conformance {

std::string one_line(std::string_view text) {
    constexpr std::size_t kSizeMax = 240;
    std::string line;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!blank) line += c;
        if (blank && !line.empty() && line.back() != ' ') line += ' ';
    }
    while (!line.empty() && line.back() == ' ')
        line.pop_back();
    if (const auto invalid = find_invalid_utf8(line)) line.resize(*invalid);
    return quoted(line, kSizeMax);
}

std::string listed(const std::vector<std::string>& items) {
    constexpr std::size_t kShown = 6;
    std::string text;
    for (std::size_t i = 0; i < items.size() && i < kShown; ++i)
        text += (i == 0 ? "" : ", ") + items[i];
    if (items.size() > kShown) text += " and " + std::to_string(items.size() - kShown) + " more";
    return text;
}

}  // namespace flatlan::conformance
