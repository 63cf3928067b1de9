#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "overlay/control/record_text.hpp"

namespace flatlan::probe {

/// So many octets of a page at most: a registry's value has 64 KiB.
inline constexpr std::size_t kNotePageMaxBytes = 60 * 1024;

/// Cuts fields into records of one kind and of so many octets at most. A field must fit into one.
class PageWriter {
public:
    explicit PageWriter(std::string_view kind, std::size_t page_max_bytes = kNotePageMaxBytes)
        : kind_{kind}, most_{page_max_bytes} {}

    void field(std::string_view word, const std::string& text) {
        if (!empty_ && writer_.text().size() + word.size() + text.size() + 2 > most_) end_page();
        writer_.field(word, text);
        empty_ = false;
    }
    std::vector<std::string> take() {
        if (!empty_) end_page();
        return std::move(pages_);
    }

private:
    void end_page() {
        pages_.push_back(writer_.text());
        writer_ = control::RecordWriter{kind_};
        empty_ = true;
    }

    std::string_view kind_;
    std::size_t most_;
    control::RecordWriter writer_{kind_};
    bool empty_ = true;
    std::vector<std::string> pages_;
};

}  // namespace flatlan::probe
