#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/lab/manifest.hpp"
#include "overlay/lab/yaml_field.hpp"

namespace flatlan::lab {

/// One Kubernetes document on its way to pods, and what there is to say about it. Who reads a part
/// of it notes what of that part has no effect, so that nothing is dropped without a word.
struct ManifestReader {
    const YamlField& root;
    std::string kind;   ///< "Pod"
    std::string title;  ///< "Pod 'web'"
    Manifests& into;
    std::vector<std::string> unused{};  ///< paths of fields that have no effect

    /// A sentence at the document's place.
    void warn(const std::string& text) { warn(root, text); }
    /// The same at a field's.
    void warn(const YamlField& at, const std::string& text);
    /// Notes every key of the mapping that is not among those read, and the word meant where one
    /// of those is near: "spec.nodName (nodeName?)".
    void note_unused(const YamlField& mapping, std::initializer_list<std::string_view> read);
};

/// "a, b".
std::string join_words(const std::vector<std::string>& words);

/// The text of a required or of an optional scalar, of any length and with line ends.
Result<std::string> read_whole_text(const YamlField& field);
/// A list of such.
Result<std::vector<std::string>> read_texts(const YamlField& field);
/// "true" or "false".
Result<bool> read_bool(const YamlField& field);
/// An absolute path without "..".
Result<std::string> read_path(const YamlField& field);
/// A quantity as Kubernetes writes it ("64Mi", "1.5G", "500m"), times `scale`: octets with 1,
/// thousandths with 1000. Whole and greater than zero.
Result<std::uint64_t> read_quantity(const YamlField& field, std::uint64_t scale);

}  // namespace flatlan::lab
