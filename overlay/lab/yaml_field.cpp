#include "overlay/lab/yaml_field.hpp"

#include <algorithm>
#include <charconv>

#include "overlay/base/text.hpp"

namespace flatlan::lab {
namespace {

constexpr std::size_t kTextSizeMax = 253;  // RFC 1123 subdomain, the longest name of Kubernetes

using Words = std::initializer_list<std::string_view>;

std::string join(Words words, std::string_view separator) {
    std::string joined;
    for (const std::string_view word : words) {
        if (!joined.empty()) joined += separator;
        joined += word;
    }
    return joined;
}

bool has(Words words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string kind_of(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::null:
            return "empty";
        case YamlNode::Kind::scalar:
            return (node.quoted ? "the text " : "") + quoted(node.text);
        case YamlNode::Kind::list:
            return "a list";
        case YamlNode::Kind::mapping:
            return "a mapping";
    }
    return "empty";
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

}  // namespace

std::string YamlField::path_of(std::string_view key) const {
    return path_.empty() ? std::string{key} : path_ + "." + std::string{key};
}

std::optional<YamlField> YamlField::find(std::string_view key) const {
    for (const YamlEntry& entry : node_->entries)
        if (entry.key == key) return YamlField{entry.value, *file_, path_of(key), entry.line};
    return std::nullopt;
}

std::optional<YamlField> YamlField::find_set(std::string_view key) const {
    auto field = find(key);
    return field && field->node().kind == YamlNode::Kind::null ? std::nullopt : field;
}

YamlField YamlField::find_or_empty(std::string_view key) const {
    static const YamlNode kEmpty;
    return find(key).value_or(YamlField{kEmpty, *file_, path_of(key), line_});
}

Result<YamlField> YamlField::get(std::string_view key) const {
    if (auto field = find(key)) return std::move(*field);
    return error("has no " + std::string{key}).expecting("'" + std::string{key} + ": VALUE' in it");
}

Result<void> YamlField::is_mapping() const {
    if (node_->kind == YamlNode::Kind::mapping || node_->kind == YamlNode::Kind::null)
        return success();
    return wrong_kind("a mapping, KEY: VALUE");
}

Result<void> YamlField::is_mapping_of(Words keys) const {
    FLATLAN_TRY_VOID(is_mapping());
    for (const YamlEntry& entry : node_->entries) {
        if (has(keys, entry.key)) continue;
        const auto meant = nearest_word(entry.key, {keys.begin(), keys.end()});
        return Error{ErrorCode::invalid_argument,
                     (path_.empty() ? "" : path_ + ": ") + "unknown key " + quoted(entry.key)}
            .at(to_string(SourcePlace{*file_, entry.line}))
            .expecting(meant ? "'" + std::string{*meant} + "'" : join(keys, ", "));
    }
    return success();
}

Result<std::vector<YamlField>> YamlField::items() const {
    if (node_->kind != YamlNode::Kind::list) return wrong_kind("a list, such as [A, B]");
    std::vector<YamlField> items;
    items.reserve(node_->items.size());
    for (const YamlNode& item : node_->items)
        items.push_back(
            {item, *file_, path_ + "[" + std::to_string(items.size()) + "]", item.line});
    return items;
}

Result<std::string_view> YamlField::text() const {
    if (node_->kind != YamlNode::Kind::scalar) return wrong_kind("text");
    const std::string_view text = node_->text;
    if (text.size() > kTextSizeMax || std::any_of(text.begin(), text.end(), is_control))
        return wrong_kind("at most " + std::to_string(kTextSizeMax) + " characters on one line");
    return text;
}

Result<std::uint64_t> YamlField::number(std::uint64_t least, std::uint64_t most) const {
    const auto wrong = [&] {
        return wrong_kind("a whole number from " + std::to_string(least) + " to " +
                          std::to_string(most));
    };
    if (node_->kind != YamlNode::Kind::scalar || node_->quoted) return wrong();
    const std::string& digits = node_->text;
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failed != std::errc{} || end != digits.data() + digits.size() || value < least ||
        value > most)
        return wrong();
    return value;
}

Result<IpAddress> YamlField::address() const {
    FLATLAN_TRY(written, text());
    auto address = IpAddress::from_text(written);
    if (!address) return std::move(address).error().within(path_).at(to_string(place()));
    return address;
}

Result<IpPrefix> YamlField::prefix() const {
    FLATLAN_TRY(written, text());
    auto prefix = IpPrefix::from_text(written);
    if (!prefix) return std::move(prefix).error().within(path_).at(to_string(place()));
    return prefix;
}

Result<std::string_view> YamlField::word(Words known, Words planned) const {
    FLATLAN_TRY(written, text());
    if (has(known, written)) return written;
    if (has(planned, written))
        return error("is " + quoted(written) + ", which this version cannot do yet")
            .expecting(join(known, " or "));
    return wrong_kind(join(known, " or "));
}

Error YamlField::error(const std::string& text) const {
    return Error{ErrorCode::invalid_argument, (path_.empty() ? "the document" : path_) + " " + text}
        .at(to_string(place()));
}

Error YamlField::wrong_kind(std::string expected) const {
    return error("is " + kind_of(*node_)).expecting(std::move(expected));
}

}  // namespace flatlan::lab
