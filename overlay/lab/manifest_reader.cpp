#include "overlay/lab/manifest_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "overlay/base/text.hpp"

namespace flatlan::lab {
namespace {

/// What a program may be handed as one word (MAX_ARG_STRLEN, execve(2)).
constexpr std::size_t kWordSizeMaxBytes = 128U << 10U;

struct Suffix {
    std::string_view text;
    double factor;
};
/// Kubernetes, "Quantity".
constexpr std::array<Suffix, 14> kSuffixes{{{"Ki", 0x1p10},
                                            {"Mi", 0x1p20},
                                            {"Gi", 0x1p30},
                                            {"Ti", 0x1p40},
                                            {"Pi", 0x1p50},
                                            {"Ei", 0x1p60},
                                            {"m", 1e-3},
                                            {"", 1},
                                            {"k", 1e3},
                                            {"M", 1e6},
                                            {"G", 1e9},
                                            {"T", 1e12},
                                            {"P", 1e15},
                                            {"E", 1e18}}};

}  // namespace

void ManifestReader::warn(const YamlField& at, const std::string& text) {
    into.warnings.push_back(to_string(at.place()) + ": " + title + ": " + text);
}

void ManifestReader::note_unused(const YamlField& mapping,
                                 std::initializer_list<std::string_view> read) {
    for (const YamlEntry& entry : mapping.node().entries) {
        if (std::find(read.begin(), read.end(), entry.key) != read.end()) continue;
        const std::string key = quoted(mapping.path() + "." + entry.key);
        std::string path = key.substr(1, key.size() - 2);
        if (const auto meant = nearest_word(entry.key, {read.begin(), read.end()}))
            path += " (" + std::string{*meant} + "?)";
        unused.push_back(std::move(path));
    }
}

std::string join_words(const std::vector<std::string>& words) {
    std::string joined;
    for (const std::string& word : words)
        joined += (joined.empty() ? "" : ", ") + word;
    return joined;
}

Result<std::string> read_whole_text(const YamlField& field) {
    if (field.node().kind == YamlNode::Kind::null) return std::string{};
    if (field.node().kind != YamlNode::Kind::scalar) return field.wrong_kind("text");
    const std::string& text = field.node().text;
    if (text.size() > kWordSizeMaxBytes || text.find('\0') != text.npos)
        return field.error("is no text that a program can be handed")
            .expecting("at most 128 KiB, without zero octets");
    return text;
}

Result<std::vector<std::string>> read_texts(const YamlField& field) {
    FLATLAN_TRY(items, field.items());
    std::vector<std::string> texts;
    for (const YamlField& item : items) {
        FLATLAN_TRY(text, read_whole_text(item));
        texts.push_back(std::move(text));
    }
    return texts;
}

Result<bool> read_bool(const YamlField& field) {
    FLATLAN_TRY(word, field.word({"true", "false"}, {}));
    return word == "true";
}

Result<std::string> read_path(const YamlField& field) {
    FLATLAN_TRY(text, read_whole_text(field));
    const bool climbs = (text + "/").find("/../") != std::string::npos;
    if (!text.starts_with('/') || climbs || text.find(':') != text.npos)
        return field.wrong_kind("an absolute path, without '..' and without ':'");
    while (text.size() > 1 && text.back() == '/')
        text.pop_back();
    return text;
}

Result<std::uint64_t> read_quantity(const YamlField& field, std::uint64_t scale) {
    const auto wrong = [&] {
        return field.wrong_kind("a quantity greater than zero, such as 64Mi, 1.5G or 500m");
    };
    if (field.node().kind != YamlNode::Kind::scalar) return wrong();
    const std::string& text = field.node().text;
    double number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{}) return wrong();
    const std::string_view suffix{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    const auto found = std::find_if(kSuffixes.begin(), kSuffixes.end(),
                                    [&](const Suffix& each) { return each.text == suffix; });
    if (found == kSuffixes.end()) return wrong();
    const double value = std::ceil(number * found->factor * static_cast<double>(scale));
    // Kubernetes' own limit: what a signed number of 64 bits holds.
    if (!(value >= 1) || value >= 0x1p63) return wrong();
    return static_cast<std::uint64_t>(value);
}

}  // namespace flatlan::lab
