#include "tools/lesson/lesson.hpp"

#include <charconv>
#include <sstream>

namespace flatlan::lesson {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kTitle = "# ";
constexpr std::string_view kLab = "Lab: ";
constexpr std::string_view kNeeds = "Needs: ";

/// Reads line by line and knows where it is.
class Reader {
public:
    Reader(const std::string& name, std::string_view text)
        : lines_{std::string{text}}, lesson_{.name = name, .title = {}, .lab = {}} {}

    Result<Lesson> read() {
        while (next()) {
            if (line_.starts_with(kFence)) {
                end_paragraph();
                FLATLAN_TRY_VOID(read_block(line_.substr(kFence.size())));
            } else {
                read_words();
            }
        }
        end_paragraph();
        if (lesson_.title.empty()) return wrong("it has no title").expecting("'# TITLE' in it");
        if (lesson_.lab.empty()) return wrong("it names no lab").expecting("'Lab: NAME' in it");
        return std::move(lesson_);
    }

private:
    bool next() {
        ++number_;
        return static_cast<bool>(std::getline(lines_, line_));
    }

    Error wrong(const std::string& what) const {
        return Error{ErrorCode::invalid_argument, what}.at(lesson_.name + ":" +
                                                           std::to_string(number_));
    }

    void read_words() {
        if (lesson_.title.empty() && line_.starts_with(kTitle)) {
            lesson_.title = line_.substr(kTitle.size());
        } else if (line_.starts_with(kLab)) {
            lesson_.lab = line_.substr(kLab.size());
        } else if (line_.starts_with(kNeeds)) {
            std::istringstream words{line_.substr(kNeeds.size())};
            for (std::string word; words >> word;)
                lesson_.needs.push_back(std::move(word));
        } else if (line_.empty()) {
            end_paragraph();
        } else {
            paragraph_ += line_ + '\n';
        }
    }

    void end_paragraph() {
        if (!paragraph_.empty()) lesson_.parts.emplace_back(Paragraph{std::move(paragraph_)});
        paragraph_.clear();
    }

    /// ```yaml lab.yaml, ```sh, ```sh eventually, ```expect; others are shown as they are.
    Result<void> read_block(const std::string& head) {
        const std::size_t begin = number_;
        std::string text;
        while (next() && line_ != kFence)
            text += line_ + '\n';
        if (line_ != kFence) {
            number_ = begin;
            return wrong("a block has no end").expecting("a line '```' after it");
        }
        std::istringstream words{head};
        std::string kind;
        std::string more;
        words >> kind >> more;
        if (kind == "yaml" && !more.empty()) {
            lesson_.parts.emplace_back(File{more, std::move(text)});
        } else if (kind == "sh") {
            lesson_.parts.emplace_back(
                Step{std::move(text), more == "eventually", {{.kind = Check::Kind::status}}});
        } else if (kind == "expect") {
            return read_checks(text, begin);
        } else {
            lesson_.parts.emplace_back(Paragraph{std::move(text)});
        }
        return success();
    }

    Result<void> read_checks(const std::string& text, std::size_t begin) {
        number_ = begin;
        auto* step = lesson_.parts.empty() ? nullptr : std::get_if<Step>(&lesson_.parts.back());
        if (step == nullptr)
            return wrong("a block of checks belongs to no step")
                .expecting("a block '```sh' before");
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);) {
            ++number_;
            const auto space = line.find(' ');
            const std::string word = line.substr(0, space);
            const std::string rest = space == line.npos ? "" : line.substr(space + 1);
            int status = 0;
            const auto [end, failed] =
                std::from_chars(rest.data(), rest.data() + rest.size(), status);
            if (word == "status" && failed == std::errc{} && end == rest.data() + rest.size())
                step->checks.front().status = status;
            else if (word == "has" && !rest.empty())
                step->checks.push_back({Check::Kind::has, rest});
            else if (word == "lacks" && !rest.empty())
                step->checks.push_back({Check::Kind::lacks, rest});
            else
                return wrong("'" + line + "' is no check")
                    .expecting("status NUMBER, has WORDS or lacks WORDS");
        }
        number_ = begin;
        return success();
    }

    std::istringstream lines_;
    std::string line_;
    std::size_t number_ = 0;
    std::string paragraph_;
    Lesson lesson_;
};

}  // namespace

std::string to_string(const Check& check) {
    if (check.kind == Check::Kind::status) return "status " + std::to_string(check.status);
    return (check.kind == Check::Kind::has ? "has '" : "lacks '") + check.text + "'";
}

Result<Lesson> parse_lesson(const std::string& name, std::string_view text) {
    return Reader{name, text}.read();
}

}  // namespace flatlan::lesson
