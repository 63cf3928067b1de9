#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

/// The CNI plugin: what the Container Network Interface specification asks of a program.
namespace flatlan::cni {

/// The versions of the specification that there are, and that are all supported.
enum class Version : std::uint8_t { v0_1_0, v0_2_0, v0_3_0, v0_3_1, v0_4_0, v1_0_0, v1_1_0 };

inline constexpr std::array<std::string_view, 7> kVersionTexts{"0.1.0", "0.2.0", "0.3.0", "0.3.1",
                                                               "0.4.0", "1.0.0", "1.1.0"};
inline constexpr Version kOldest = Version::v0_1_0;
inline constexpr Version kNewest = Version::v1_1_0;

constexpr std::string_view to_string(Version version) {
    return kVersionTexts[static_cast<std::size_t>(version)];
}

/// The version of that text, if there is one.
constexpr std::optional<Version> version_from(std::string_view text) {
    for (std::size_t i = 0; i < kVersionTexts.size(); ++i)
        if (kVersionTexts[i] == text) return static_cast<Version>(i);
    return std::nullopt;
}

/// What the plugin is asked to do.
enum class Verb : std::uint8_t { add, del, check, gc, status, version };

/// As CNI_COMMAND has it: "ADD" and so on.
constexpr std::string_view to_string(Verb verb) {
    constexpr std::array<std::string_view, 6> kTexts{"ADD", "DEL",    "CHECK",
                                                     "GC",  "STATUS", "VERSION"};
    return kTexts[static_cast<std::size_t>(verb)];
}

/// Since which version of the specification the verb exists.
constexpr Version first_version_of(Verb verb) {
    if (verb == Verb::check) return Version::v0_4_0;
    if (verb == Verb::gc || verb == Verb::status) return Version::v1_1_0;
    return kOldest;
}

}  // namespace flatlan::cni
