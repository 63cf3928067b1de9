#include "overlay/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace flatlan {
namespace {

std::uint32_t octet_at(std::string_view text, std::size_t at) {
    return static_cast<std::uint8_t>(text[at]);
}

/// Octets of the character that begins at `at`; 0 when none begins there.
std::size_t character_size(std::string_view text, std::size_t at) {
    struct Form {
        std::uint32_t mask, lead, least;
    };
    static constexpr std::array<Form, 4> kForms{
        {{0x80, 0x00, 0x0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x1'0000}}};
    const std::uint32_t lead = octet_at(text, at);
    for (std::size_t follow = 0; follow < kForms.size(); ++follow) {
        const Form& form = kForms[follow];
        if ((lead & form.mask) != form.lead) continue;
        if (text.size() - at <= follow) return 0;
        std::uint32_t point = lead & ~form.mask;
        for (std::size_t i = 1; i <= follow; ++i) {
            const std::uint32_t octet = octet_at(text, at + i);
            if ((octet & 0xc0U) != 0x80) return 0;
            point = (point << 6U) | (octet & 0x3fU);
        }
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        return point < form.least || point > 0x10'ffff || surrogate ? 0 : follow + 1;
    }
    return 0;
}

/// What a terminal may take for a command, or shows elsewhere than where it stands.
bool is_control(std::string_view character) {
    const std::uint32_t first = octet_at(character, 0);
    if (character.size() == 1) return first < ' ' || first >= 0x7f;  // alone, 0x80 on is no UTF-8
    const std::uint32_t second = octet_at(character, 1);
    if (character.size() == 2) return first == 0xc2 && second < 0xa0;
    if (character.size() != 3 || first != 0xe2) return false;
    const std::uint32_t third = octet_at(character, 2);
    if (second == 0x81) return third >= 0xa6 && third <= 0xa9;
    return second == 0x80 && (third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae));
}

std::string escaped(std::string_view octets) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < octets.size(); ++i)
        out += {'\\', 'x', kHex[octet_at(octets, i) >> 4U], kHex[octet_at(octets, i) & 0xfU]};
    return out;
}

/// The character at `at`; where none is, one octet.
std::string_view character_at(std::string_view text, std::size_t at) {
    return text.substr(at, std::max<std::size_t>(character_size(text, at), 1));
}

/// A character as for_terminal writes it.
std::string shown(std::string_view character) {
    return is_control(character) ? escaped(character) : std::string{character};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The optimal string alignment distance, upper and lower case being one.
std::size_t slips(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before(to.size() + 1), row(to.size() + 1), next(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const bool same = lower(from[i - 1]) == lower(to[j - 1]);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(from[i - 1]) == lower(to[j - 2]) &&
                lower(from[i - 2]) == lower(to[j - 1]))
                next[j] = std::min(next[j], before[j - 2] + 1);
        }
        std::swap(before, row);
        std::swap(row, next);
    }
    return row[to.size()];
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = character_size(text, at);
        if (size == 0) return at;
        at += size;
    }
    return std::nullopt;
}

std::string for_terminal(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view character = character_at(text, at);
        out += shown(character);
        at += character.size();
    }
    return out;
}

std::string quoted(std::string_view text, std::size_t size_max) {
    std::string out = "'";
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view character = character_at(text, at);
        if (at + character.size() > size_max) {
            out += "...";
            break;
        }
        out += shown(character);
        at += character.size();
    }
    return out + "'";
}

std::string shell_word(std::string_view text) {
    const auto is_plain = [](char c) {
        static constexpr std::string_view kOthers = "@%+=:,./_-";
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kOthers.find(c) != kOthers.npos;
    };
    if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string{text};
    std::string word = "'";
    for (const char c : text)
        word += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return word + "'";
}

std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> candidates) {
    static constexpr std::size_t kWordSizeMax = 256;  // the distance costs the product of both
    std::optional<std::string_view> nearest;
    std::size_t fewest = 0;
    if (word.size() > kWordSizeMax) return nearest;
    for (const std::string_view candidate : candidates) {
        const std::size_t longer = std::max(word.size(), candidate.size());
        if (candidate.size() > kWordSizeMax) continue;
        const std::size_t count = slips(word, candidate);
        if (count > longer / 3 || (nearest && count >= fewest)) continue;
        nearest = candidate;
        fewest = count;
    }
    return nearest;
}

}  // namespace flatlan
