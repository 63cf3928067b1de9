#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "tools/cni/version.hpp"

namespace flatlan::conformance {

/// A plugin of a configuration list.
struct ListedPlugin {
    std::filesystem::path program;
    std::string configuration;  ///< JSON, as it stands in the list
};

/// What is tested: a plugin, and the configuration under which it works.
struct Subject {
    std::filesystem::path plugin;
    std::string cni_path{};  ///< folders with ':' between, for delegated plugins
    std::string network;
    std::vector<ListedPlugin> chain{};  ///< one, unless the configuration is a list
    std::size_t tested = 0;             ///< which of them
    /// How many addresses the configuration can give; nothing: nobody said.
    std::optional<unsigned> addresses{};
    std::string preparation{};  ///< shell commands, run on each new node; empty: none

    bool is_first() const { return tested == 0; }

    /// Reads a configuration or a list of them. The plugin is the entry whose `type` is the file's
    /// name. Error invalid_argument when there is none, or the text is no configuration.
    static Result<Subject> read(const std::filesystem::path& plugin, const std::string& text,
                                const std::string& more_folders);
};

/// The plugin's configuration as a runtime makes it: with this version and the network's name.
std::string configuration_of(const Subject& subject, const ListedPlugin& plugin,
                             std::string_view version);

// Changes of a configuration, which is text so that it can be wrong as well.
/// With `field` set to `value`, which is JSON.
std::string with_field(const std::string& object, std::string_view field, const std::string& value);
std::string without_field(const std::string& object, std::string_view field);

}  // namespace flatlan::conformance
