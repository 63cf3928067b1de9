#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "overlay/lab/yaml.hpp"

namespace flatlan::lab {

/// The error for lists and mappings over kYamlDepthMax.
Error too_deep(const std::string& file, std::size_t line);

/// Builds the tree of one YAML document after another from a parser's events, resolves anchors and
/// merge keys, and keeps the limits. The first problem stays and every event after it is passed
/// over: a parser's handler cannot stop the parser. Lines count from 1.
class YamlTreeBuilder {
public:
    using Anchor = std::size_t;
    static constexpr Anchor kNoAnchor = 0;

    explicit YamlTreeBuilder(std::string file) : file_{std::move(file)} {}

    void begin_document();
    void null(std::size_t line, Anchor anchor);
    void scalar(std::size_t line, Anchor anchor, std::string text, bool quoted);
    void alias(std::size_t line, Anchor anchor);
    void begin_list(std::size_t line, Anchor anchor);
    void begin_mapping(std::size_t line, Anchor anchor);
    /// Of the innermost list or mapping.
    void end();

    /// Why the text is refused; the builder is of no further use then.
    const std::optional<Error>& problem() const { return problem_; }
    /// Line of the innermost list or mapping that has not ended; 0 outside all of them.
    std::size_t open_line() const { return open_.empty() ? 0 : open_.back().node.line; }
    /// The document that has just ended.
    YamlNode take_document();

private:
    struct Open {
        YamlNode node;
        Anchor anchor = kNoAnchor;
        std::optional<YamlEntry> entry;  ///< a key that waits for its value
        std::unordered_map<std::string, std::size_t> key_lines;
        std::vector<YamlNode> merged;  ///< values of "<<"
    };

    static bool awaits_key(const Open& open);
    void refuse(std::size_t line, std::string text, std::string expected);
    bool count(std::size_t nodes, std::size_t line);
    void begin(YamlNode::Kind kind, std::size_t line, Anchor anchor);
    void add(YamlNode node, Anchor anchor);
    void add_key(Open& open, const YamlNode& key);
    void add_value(Open& open, YamlNode value);
    void merge(Open& target);
    void merge_mapping(Open& target, YamlNode source);

    std::string file_;
    std::size_t nodes_ = 0;
    std::vector<Open> open_;
    std::unordered_map<Anchor, YamlNode> anchors_;
    YamlNode document_;
    std::optional<Error> problem_;
};

}  // namespace flatlan::lab
