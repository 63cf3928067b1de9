#include "overlay/lab/yaml_tree.hpp"

#include <utility>

#include "overlay/base/text.hpp"

namespace flatlan::lab {
namespace {

constexpr std::string_view kMergeKey = "<<";  // yaml.org/type/merge.html

std::size_t count_nodes(const YamlNode& node) {
    std::size_t count = 1;
    for (const YamlNode& item : node.items)
        count += count_nodes(item);
    for (const YamlEntry& entry : node.entries)
        count += count_nodes(entry.value);
    return count;
}

}  // namespace

Error too_deep(const std::string& file, std::size_t line) {
    return Error{ErrorCode::invalid_argument, "lists and mappings stand in each other too deep"}
        .at(file + ":" + std::to_string(line))
        .expecting("at most " + std::to_string(kYamlDepthMax) + " levels");
}

void YamlTreeBuilder::begin_document() { anchors_.clear(); }

void YamlTreeBuilder::null(std::size_t line, Anchor anchor) {
    YamlNode node;
    node.line = line;
    add(std::move(node), anchor);
}

void YamlTreeBuilder::scalar(std::size_t line, Anchor anchor, std::string text, bool quoted) {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.quoted = quoted;
    node.line = line;
    node.text = std::move(text);
    add(std::move(node), anchor);
}

void YamlTreeBuilder::alias(std::size_t line, Anchor anchor) {
    if (problem_) return;
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end())
        return refuse(line, "an alias stands inside its own anchor", "an anchor that has ended");
    if (count(count_nodes(known->second), line)) add(known->second, kNoAnchor);
}

void YamlTreeBuilder::begin_list(std::size_t line, Anchor anchor) {
    begin(YamlNode::Kind::list, line, anchor);
}

void YamlTreeBuilder::begin_mapping(std::size_t line, Anchor anchor) {
    begin(YamlNode::Kind::mapping, line, anchor);
}

void YamlTreeBuilder::end() {
    if (problem_) return;
    merge(open_.back());
    Open ended = std::move(open_.back());
    open_.pop_back();
    add(std::move(ended.node), ended.anchor);
}

YamlNode YamlTreeBuilder::take_document() { return std::exchange(document_, YamlNode{}); }

bool YamlTreeBuilder::awaits_key(const Open& open) {
    return open.node.kind == YamlNode::Kind::mapping && !open.entry;
}

void YamlTreeBuilder::refuse(std::size_t line, std::string text, std::string expected) {
    problem_ = Error{ErrorCode::invalid_argument, std::move(text)}
                   .at(file_ + ":" + std::to_string(line))
                   .expecting(std::move(expected));
}

bool YamlTreeBuilder::count(std::size_t nodes, std::size_t line) {
    nodes_ += nodes;
    if (nodes_ <= kYamlNodesMax) return true;
    refuse(line, "the file has more than " + std::to_string(kYamlNodesMax) + " values",
           "fewer, with aliases written out; pods.count or a Deployment makes many pods");
    return false;
}

void YamlTreeBuilder::begin(YamlNode::Kind kind, std::size_t line, Anchor anchor) {
    if (problem_) return;
    if (open_.size() == kYamlDepthMax) {
        problem_ = too_deep(file_, line);
        return;
    }
    if (!open_.empty() && awaits_key(open_.back()))
        return refuse(line, "a list or mapping stands where a key belongs", "a word");
    Open open;
    open.node.kind = kind;
    open.node.line = line;
    open.anchor = anchor;
    open_.push_back(std::move(open));
}

void YamlTreeBuilder::add(YamlNode node, Anchor anchor) {
    if (problem_ || !count(1, node.line)) return;
    if (anchor != kNoAnchor) {
        if (!count(count_nodes(node), node.line)) return;
        anchors_[anchor] = node;
    }
    if (open_.empty())
        document_ = std::move(node);
    else if (open_.back().node.kind == YamlNode::Kind::list)
        open_.back().node.items.push_back(std::move(node));
    else if (awaits_key(open_.back()))
        add_key(open_.back(), node);
    else
        add_value(open_.back(), std::move(node));
}

void YamlTreeBuilder::add_key(Open& open, const YamlNode& key) {
    if (key.kind != YamlNode::Kind::scalar)
        return refuse(key.line, "a value stands without a key", "KEY: VALUE");
    const auto [first, fresh] = open.key_lines.try_emplace(key.text, key.line);
    if (!fresh)
        return refuse(key.line,
                      "key " + quoted(key.text) + " is given twice, first on line " +
                          std::to_string(first->second),
                      "each key once");
    open.entry = YamlEntry{key.text, key.line, {}};
}

void YamlTreeBuilder::add_value(Open& open, YamlNode value) {
    open.entry->value = std::move(value);
    if (open.entry->key == kMergeKey)
        open.merged.push_back(std::move(open.entry->value));
    else
        open.node.entries.push_back(std::move(*open.entry));
    open.entry.reset();
}

/// A mapping's own keys win over merged ones, and the source named first over a later one.
void YamlTreeBuilder::merge(Open& target) {
    for (YamlNode& merged : std::exchange(target.merged, {})) {
        if (merged.kind == YamlNode::Kind::list)
            for (YamlNode& source : merged.items)
                merge_mapping(target, std::move(source));
        else
            merge_mapping(target, std::move(merged));
    }
}

void YamlTreeBuilder::merge_mapping(Open& target, YamlNode source) {
    if (source.kind != YamlNode::Kind::mapping)
        return refuse(source.line, "'<<' merges what is no mapping",
                      "an alias of a mapping, or a list of such");
    for (YamlEntry& entry : source.entries)
        if (target.key_lines.try_emplace(entry.key, entry.line).second)
            target.node.entries.push_back(std::move(entry));
}

}  // namespace flatlan::lab
