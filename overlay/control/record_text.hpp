#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::control {

/// The version of records that this program writes, and the highest that it reads.
inline constexpr unsigned kRecordVersion = 1;

/// Writes a record: its head, then a line for each field.
class RecordWriter {
public:
    explicit RecordWriter(std::string_view kind) {
        text_.append("flatlan ").append(kind).append(" ").append(std::to_string(kRecordVersion));
        text_.append("\n");
    }
    RecordWriter& field(std::string_view word, std::string_view value) {
        text_.append(word).append(" ").append(value).append("\n");
        return *this;
    }
    RecordWriter& addresses(std::string_view word, const IpAddresses& addresses) {
        if (addresses.ipv4) field(word, to_string(*addresses.ipv4));
        if (addresses.ipv6) field(word, to_string(*addresses.ipv6));
        return *this;
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// The Error of a record that cannot be read.
inline Error corrupt(std::string_view kind, const std::string& what) {
    return Error{ErrorCode::corrupt, std::string{kind} + " record: " + what};
}

/// An unsigned decimal number, the whole of the text.
inline std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Takes a record apart. `kind` outlives it, and so does the text.
class RecordReader {
public:
    static Result<RecordReader> from(std::string_view kind, std::string_view text) {
        RecordReader reader{kind};
        const std::string_view head = take_line(text);
        const std::string begin = "flatlan " + std::string{kind} + " ";
        const auto version =
            head.starts_with(begin) ? number(head.substr(begin.size())) : std::nullopt;
        if (!version || *version == 0) return corrupt(kind, "it does not begin as one");
        if (*version > kRecordVersion)
            return Error{ErrorCode::unsupported,
                         std::string{kind} + " record of version " + std::to_string(*version)}
                .expecting("version " + std::to_string(kRecordVersion) + ", or a newer flatlan");
        while (!text.empty()) {
            const std::string_view line = take_line(text);
            const std::size_t space = line.find(' ');
            if (space == line.npos) return corrupt(kind, "'" + std::string{line} + "' is no field");
            reader.fields_.push_back({line.substr(0, space), line.substr(space + 1)});
        }
        return reader;
    }

    /// The values of all fields of that word.
    std::vector<std::string_view> all(std::string_view word) const {
        std::vector<std::string_view> values;
        for (const auto& [name, value] : fields_)
            if (name == word) values.push_back(value);
        return values;
    }
    /// The value of the one field of that word.
    Result<std::string_view> one(std::string_view word) const {
        const auto values = all(word);
        if (values.size() == 1) return values.front();
        return wrong(word, values.empty() ? "is missing" : "is there twice");
    }
    /// The one field of that word, as an unsigned number.
    Result<std::uint64_t> number_of(std::string_view word) const {
        FLATLAN_TRY(text, one(word));
        if (const auto value = number(text)) return *value;
        return wrong(word, "is no number");
    }
    /// The one field of that word as `parse` reads it.
    template <typename Parse>
    auto parsed(std::string_view word, Parse parse) const -> decltype(parse(std::string_view{})) {
        FLATLAN_TRY(text, one(word));
        auto value = parse(text);
        if (!value) return wrong(word, value.error().text());
        return value;
    }
    Error wrong(std::string_view word, const std::string& what) const {
        return corrupt(kind_, "field '" + std::string{word} + "' " + what);
    }

private:
    explicit RecordReader(std::string_view kind) : kind_{kind} {}
    static std::string_view take_line(std::string_view& text) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        return line;
    }

    std::string_view kind_;
    std::vector<std::pair<std::string_view, std::string_view>> fields_;
};

}  // namespace flatlan::control
