#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/verb.hpp"

/// What is made of the programs' own usage when they are packaged: manual pages, the settings file.
namespace flatlan::packaging {

/// Marks a page as of this release: "flatlan 0.1.0".
struct Release {
    std::string text;
};

/// One part of a manual page beside those that a usage gives: a heading, and what stands below it
/// in the macros of man(7).
struct ManualSection {
    std::string heading;
    std::string body;
};

/// What a page is called and what it says besides.
struct ManualPage {
    std::string name;      ///< "flatlan-up"
    unsigned section = 1;  ///< of the manual: 1 for everyone's programs, 8 for the administrator's
    std::string synopsis{};  ///< a further line of it; empty: none
    std::vector<ManualSection> further{};
    std::vector<std::string> see_also{};  ///< "flatlan(1)"

    std::string file() const { return name + "." + std::to_string(section); }
};

/// Text as man(7) takes it: what would be a command of it is escaped.
std::string escaped(std::string_view text);

/// Entries as man(7) has them: a bold name, and below it what it is.
std::string entries(std::span<const std::pair<std::string, std::string>> entries);

/// The page of one verb or program, made of what its `--help` says.
std::string manual_page(const ManualPage& page, const cli::Usage& usage, const Release& release);

/// flatlan(1): the verbs, each with its own page.
std::string overview_page(std::span<const cli::Verb> verbs, const Release& release);

}  // namespace flatlan::packaging
