#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"

/// The wrapper of yaml-cpp: the library's types and exceptions end here.
namespace flatlan::lab {

struct YamlEntry;

/// One value of a YAML document (YAML 1.2), with its place. Anchors and aliases, and merge keys
/// ("<<"), stand resolved; a mapping names no key twice.
struct YamlNode {
    enum class Kind : std::uint8_t { null, scalar, list, mapping };

    Kind kind = Kind::null;
    bool quoted = false;             ///< a scalar that is text, whatever it looks like
    std::size_t line = 0;            ///< from 1; of an alias, where the anchor is
    std::string text;                ///< of a scalar
    std::vector<YamlNode> items;     ///< of a list
    std::vector<YamlEntry> entries;  ///< of a mapping, in the order of the file

    /// The value of `key` in a mapping; null when it has none, and for any other kind.
    const YamlNode* find(std::string_view key) const;
};

/// One key of a mapping and what stands under it.
struct YamlEntry {
    std::string key;
    std::size_t line = 0;  ///< of the key
    YamlNode value;
};

/// Past one of these a file is refused, in one message that names the limit.
inline constexpr std::size_t kYamlSizeMaxBytes = 16U << 20U;
inline constexpr std::size_t kYamlDepthMax = 64;         ///< lists and mappings in each other
inline constexpr std::size_t kYamlNodesMax = 1'000'000;  ///< values, aliases expanded
inline constexpr std::size_t kYamlDocumentsMax = 200'000;

/// The documents of a YAML text; those with nothing in them are left out. `file` is its name in
/// messages. Error invalid_argument with file and line: not UTF-8, not YAML, a key given twice or
/// that is no word, an alias inside its own anchor, over a limit.
Result<std::vector<YamlNode>> parse_yaml(std::string_view text, const std::string& file);

}  // namespace flatlan::lab
