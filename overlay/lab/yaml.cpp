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

/// What would be right, for those of the parser's complaints that leave a reader alone.
std::string_view mend_of(const std::string& complaint) {
    namespace Say = YAML::ErrorMsg;
    static constexpr std::array<std::pair<const char*, std::string_view>, 10> kMends{{
        {Say::TAB_IN_INDENTATION, "spaces for indentation"},
        {Say::MAP_VALUE,
         "one 'KEY: VALUE' a line, keys of one mapping in one column, and values "
         "with ': ' in quotation marks"},
        {Say::MAP_KEY, "keys of one mapping in one column"},
        {Say::BLOCK_ENTRY, "'- ' at the beginning of a line, items of one list in one column"},
        {Say::END_OF_MAP, "keys of one mapping in one column"},
        {Say::END_OF_SEQ, "items of one list in one column"},
        {Say::END_OF_MAP_FLOW, "a closing '}'"},
        {Say::END_OF_SEQ_FLOW, "a closing ']'"},
        {Say::FLOW_END, "no ']' or '}' without its opening one"},
        {Say::EOF_IN_SCALAR, "a closing quotation mark"},
    }};
    for (const auto& [known, mend] : kMends)
        if (complaint == known) return mend;
    return {};
}

/// A bracket that is never closed is shown where it opens; the parser names a place far behind it.
bool is_unclosed(const std::string& complaint) {
    return complaint == YAML::ErrorMsg::END_OF_MAP_FLOW ||
           complaint == YAML::ErrorMsg::END_OF_SEQ_FLOW;
}

Error not_yaml(const std::string& place, const std::string& complaint) {
    return Error{ErrorCode::invalid_argument, "the file is not YAML: " + complaint}
        .at(place)
        .expecting(std::string{mend_of(complaint)});
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
    } catch (const YAML::DeepRecursion&) {
        if (builder.problem()) return *builder.problem();
        return not_yaml(file, "lists and mappings stand in each other too deep");
    } catch (const YAML::Exception& exception) {
        if (builder.problem()) return *builder.problem();
        const std::size_t line = is_unclosed(exception.msg) && builder.open_line() != 0
                                     ? builder.open_line()
                                     : line_of(exception.mark);
        return not_yaml(file + ":" + std::to_string(line), exception.msg);
    } catch (const std::exception& exception) {
        return not_yaml(file, exception.what());
    }
}

}  // namespace flatlan::lab
