#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/result.hpp"
#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/yaml.hpp"

namespace flatlan::lab {

/// A value of a YAML file with the way to it, "spec.tunnel.vni", so that whoever reads it can say
/// in one message what is wrong, where, and what would be right. Refers to the file's tree and
/// name, which must outlive it. All errors are invalid_argument with file and line.
class YamlField {
public:
    /// A document's root.
    YamlField(const YamlNode& root, const std::string& file) : node_{&root}, file_{&file} {}

    const YamlNode& node() const { return *node_; }
    const std::string& path() const { return path_; }
    SourcePlace place() const { return {*file_, line_}; }

    /// The field of a mapping; empty when it is not there.
    std::optional<YamlField> find(std::string_view key) const;
    /// The same, where nothing after the colon counts as not there: how Kubernetes reads it.
    std::optional<YamlField> find_set(std::string_view key) const;
    /// The same, and an empty field at this place where it is not there: for what has defaults.
    YamlField find_or_empty(std::string_view key) const;
    /// The field of a mapping that must have it.
    Result<YamlField> get(std::string_view key) const;

    /// That it is a mapping, or nothing at all, which counts as an empty one.
    Result<void> is_mapping() const;
    /// The same, with no other keys than these.
    Result<void> is_mapping_of(std::initializer_list<std::string_view> keys) const;
    Result<std::vector<YamlField>> items() const;
    /// A scalar without control characters, of at most 253 octets (the longest name of Kubernetes).
    Result<std::string_view> text() const;
    /// A whole number in decimal, from `least` to `most`; `unit` follows it in messages.
    Result<std::uint64_t> number(std::uint64_t least, std::uint64_t most) const;
    Result<IpAddress> address() const;
    Result<IpPrefix> prefix() const;
    /// One of the words that this version can do; `planned` are those that it will.
    Result<std::string_view> word(std::initializer_list<std::string_view> known,
                                  std::initializer_list<std::string_view> planned) const;

    /// An error at this place: "spec.nodes: TEXT".
    Error error(const std::string& text) const;
    /// "spec.nodes is a list", where `expected` belongs.
    Error wrong_kind(std::string expected) const;

private:
    std::string path_of(std::string_view key) const;
    YamlField(const YamlNode& node, const std::string& file, std::string path, std::size_t line)
        : node_{&node}, file_{&file}, path_{std::move(path)}, line_{line} {}

    const YamlNode* node_;
    const std::string* file_;
    std::string path_;
    std::size_t line_ = node_->line;
};

}  // namespace flatlan::lab
