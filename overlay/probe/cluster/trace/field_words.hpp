#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "overlay/base/mac_address.hpp"
#include "overlay/control/record_text.hpp"
#include "overlay/probe/trace/inquiry.hpp"

namespace flatlan::trace {

/// Puts the words of a record's field together. What may be missing is written "-".
class FieldText {
public:
    explicit FieldText(char separator = ' ') : separator_{separator} {}

    FieldText& add(std::string_view word) {
        if (!text_.empty()) text_ += separator_;
        text_ += word;
        return *this;
    }
    FieldText& add(std::uint64_t number) { return add(std::to_string(number)); }
    FieldText& add(IfIndex index) { return add(std::to_string(index.value())); }
    FieldText& add(const IpAddress& address) { return add(to_string(address)); }
    FieldText& add(const MacAddress& address) { return add(to_string(address)); }
    FieldText& add(const Endpoint& end) { return add(end.address).add(end.port.value()); }
    template <typename Value>
    FieldText& add(const std::optional<Value>& value) {
        return value ? add(*value) : add(std::string_view{"-"});
    }
    const std::string& text() const { return text_; }

private:
    char separator_;
    std::string text_;
};

/// The places of an atlas by their names, for records that name many. The atlas outlives it.
class PlaceNames {
public:
    explicit PlaceNames(const Atlas& atlas);
    std::optional<PlaceId> find(std::string_view name) const;

private:
    std::unordered_map<std::string_view, PlaceId> places_;
};

/// Takes the words of a field one after another. A word that is not what it should be, one that is
/// missing and one too many spoil all of it, which is asked once, at the end.
class FieldWords {
public:
    /// The text outlives it.
    explicit FieldWords(std::string_view text, char separator = ' ');

    /// Whether all words were read, and each was what it should be.
    bool whole() const { return !failed_ && next_ == words_.size(); }
    bool at_end() const { return failed_ || next_ == words_.size(); }

    /// As it stands; empty where there is none.
    std::string_view word();
    std::uint64_t number(std::uint64_t max = std::numeric_limits<std::uint32_t>::max());
    std::uint32_t number32() { return static_cast<std::uint32_t>(number()); }
    /// True for the second of two words, false for the first.
    bool one_of(std::string_view no, std::string_view yes);
    IfIndex index();
    IpAddress address();
    MacAddress mac();
    Port port();
    Endpoint endpoint();
    /// The place of that name.
    PlaceId place(const PlaceNames& places);
    /// What may be missing: nothing for "-".
    template <typename Read>
    auto maybe(Read read) -> std::optional<decltype(read())> {
        if (next_ < words_.size() && words_[next_] == "-") {
            ++next_;
            return std::nullopt;
        }
        return read();
    }
    /// Says that what was read makes no sense.
    void spoil() { failed_ = true; }

private:
    std::vector<std::string_view> words_;
    std::size_t next_ = 0;
    bool failed_ = false;
};

/// Has each field of that word read, in order. Error corrupt where one is not whole then.
template <typename Read>
Result<void> for_each_field(const control::RecordReader& reader, std::string_view word,
                            char separator, Read read) {
    for (const std::string_view text : reader.all(word)) {
        FieldWords words{text, separator};
        read(words);
        if (!words.whole()) return reader.wrong(word, "is '" + std::string{text} + "'");
    }
    return success();
}

}  // namespace flatlan::trace
