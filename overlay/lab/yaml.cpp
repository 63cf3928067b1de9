#include "overlay/lab/yaml.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "overlay/base/text.hpp"
#include "overlay/lab/yaml_tree.hpp"

namespace flatlan::lab {
namespace {

std::size_t line_of(const YAML::Mark& mark) {
    return static_cast<std::size_t>(std::max(mark.line, 0)) + 1;
}

/// Hands yaml-cpp's events on.
class EventAdapter : public YAML::EventHandler {
public:
    explicit EventAdapter(YamlTreeBuilder& builder) : builder_{builder} {}

    /// Line of the document's first token: "---", where it has one.
    std::size_t start_line() const { return start_line_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        start_line_ = line_of(mark);
        builder_.begin_document();
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        builder_.null(line_of(mark), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        builder_.alias(line_of(mark), anchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        static const std::string kPlain = "?";  // how yaml-cpp marks neither tag nor quotes
        builder_.scalar(line_of(mark), anchor, value, tag != kPlain);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        builder_.begin_list(line_of(mark), anchor);
    }
    void OnSequenceEnd() override { builder_.end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        builder_.begin_mapping(line_of(mark), anchor);
    }
    void OnMapEnd() override { builder_.end(); }

private:
    YamlTreeBuilder& builder_;
    std::size_t start_line_ = 0;
};

/// What one of the parser's complaints means, and what would be right.
struct Explanation {
    std::string_view complaint, text, expected;
};

Explanation explain(const std::string& complaint) {
    namespace Say = YAML::ErrorMsg;
    static constexpr std::string_view kColumn = "one column for all keys of a mapping or list";
    static const std::array<Explanation, 11> kKnown{{
        {Say::TAB_IN_INDENTATION, "a tab in the indentation", "spaces"},
        {Say::MAP_VALUE, "a ':' where no key stands before it",
         "one 'KEY: VALUE' a line, and values with ': ' in quotation marks"},
        {Say::MAP_KEY, "a key where none can be", kColumn},
        {Say::BLOCK_ENTRY, "a '- ' where no item can be", kColumn},
        {Say::END_OF_MAP, "a line that fits no mapping before it", kColumn},
        {Say::END_OF_SEQ, "a line that fits no list before it", kColumn},
        {Say::END_OF_MAP_FLOW, "a '{' that is never closed", "'}', or a quotation mark before it"},
        {Say::END_OF_SEQ_FLOW, "a '[' that is never closed", "']', or a quotation mark before it"},
        {Say::FLOW_END, "a ']' or '}' that closes nothing", "its opening one before it"},
        {Say::EOF_IN_SCALAR, "a quotation mark that is never closed", "a closing one"},
        {Say::UNKNOWN_ANCHOR, "an alias of nothing", "an anchor (&NAME) before it"},
    }};
    for (const Explanation& known : kKnown)
        if (complaint == known.complaint) return known;
    return {complaint, complaint, {}};
}

Error not_yaml(const std::string& place, const std::string& complaint) {
    const Explanation explanation = explain(complaint);
    return Error{ErrorCode::invalid_argument,
                 "the file is not YAML: " + std::string{explanation.text}}
        .at(place)
        .expecting(std::string{explanation.expected});
}

std::string_view line_text(std::string_view text, std::size_t line) {
    for (std::size_t at = 1; at < line && !text.empty(); ++at)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    return text.substr(0, text.find('\n'));
}

/// The parser's complaint with its line, made better where it looks past the cause: a bracket that
/// is never closed is shown where it opens, and a tab is called one.
Error not_yaml(std::string_view text, const std::string& file, const YAML::Exception& complaint,
               std::size_t open_line) {
    const bool unclosed = complaint.msg == YAML::ErrorMsg::END_OF_MAP_FLOW ||
                          complaint.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
    const std::size_t line = unclosed && open_line != 0 ? open_line : line_of(complaint.mark);
    const std::string_view written = line_text(text, line);
    const std::size_t indented = written.find_first_not_of(' ');
    const bool tab = indented != std::string_view::npos && written[indented] == '\t';
    return not_yaml(file + ":" + std::to_string(line),
                    tab ? YAML::ErrorMsg::TAB_IN_INDENTATION : complaint.msg);
}

std::size_t line_at(std::string_view text, std::size_t offset) {
    return static_cast<std::size_t>(
               std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n')) +
           1;
}

Result<void> check_text(std::string_view text, const std::string& file) {
    if (text.size() > kYamlSizeMaxBytes)
        return Error{ErrorCode::invalid_argument, "the file is too large"}.at(file).expecting(
            "at most " + std::to_string(kYamlSizeMaxBytes >> 20U) + " MiB");
    const auto invalid = std::min(find_invalid_utf8(text).value_or(text.size()), text.find('\0'));
    if (invalid >= text.size()) return success();
    return Error{ErrorCode::invalid_argument, "the file is not UTF-8 text"}.at(
        file + ":" + std::to_string(line_at(text, invalid)));
}

/// Walks the text's lines forward, to look at those where documents begin.
class LineCursor {
public:
    explicit LineCursor(std::string_view text) : rest_{text} {}

    /// Whether the line, which lies not before the last one asked for, begins a document.
    bool begins_document(std::size_t line) {
        for (; line_ < line && !rest_.empty(); ++line_)
            rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
        return rest_.starts_with("---");
    }

private:
    std::string_view rest_;
    std::size_t line_ = 1;
};

Result<std::vector<YamlNode>> read_documents(std::string_view text, const std::string& file,
                                             YamlTreeBuilder& builder) {
    std::istringstream input{std::string{text}};
    YAML::Parser parser{input};
    EventAdapter adapter{builder};
    LineCursor lines{text};
    std::vector<YamlNode> documents;
    for (std::size_t count = 1; parser.HandleNextDocument(adapter); ++count) {
        if (builder.problem()) return *builder.problem();
        const std::string place = file + ":" + std::to_string(adapter.start_line());
        if (count > kYamlDocumentsMax)
            return Error{ErrorCode::invalid_argument, "the file has too many documents"}
                .at(place)
                .expecting("at most " + std::to_string(kYamlDocumentsMax));
        // yaml-cpp takes what follows a complete value for a further document: "{a: 1} b".
        if (count > 1 && !lines.begins_document(adapter.start_line()))
            return Error{ErrorCode::invalid_argument,
                         "the file is not YAML: text after the end of a document"}
                .at(place)
                .expecting("'---' on a line of its own between documents");
        YamlNode document = builder.take_document();
        if (document.kind != YamlNode::Kind::null) documents.push_back(std::move(document));
    }
    return documents;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&](const YamlEntry& each) { return each.key == key; });
    return entry == entries.end() ? nullptr : &entry->value;
}

Result<std::vector<YamlNode>> parse_yaml(std::string_view text, const std::string& file) {
    FLATLAN_TRY_VOID(check_text(text, file));
    YamlTreeBuilder builder{file};
    try {
        return read_documents(text, file, builder);
    } catch (const YAML::DeepRecursion& exception) {
        return too_deep(file, line_of(exception.mark));
    } catch (const YAML::Exception& exception) {
        return not_yaml(text, file, exception, builder.open_line());
    } catch (const std::exception& exception) {
        return not_yaml(file, exception.what());
    }
}

}  // namespace flatlan::lab
