#pragma once

#include <string_view>
#include <vector>

namespace flatlan::probe {

/// The pieces of a text between separators, empty ones too.
inline std::vector<std::string_view> split_words(std::string_view text, char separator) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t end = text.find(separator);
        words.push_back(text.substr(0, end));
        if (end == text.npos) return words;
        text.remove_prefix(end + 1);
    }
}

}  // namespace flatlan::probe
