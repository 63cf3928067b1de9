#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/verb.hpp"

namespace flatlan::cli {

/// What `flatlan --help` prints: the verbs, one line each, and where to go on.
std::string overview(std::span<const Verb> verbs, const Terminal& terminal);

/// What `flatlan VERB --help` prints: usage, words, flags, examples.
std::string help_of(const Verb& verb, const Terminal& terminal);

// What help is made of, for whoever shows it in another form.

/// What something is called, and what is said of it.
using HelpEntry = std::pair<std::string, std::string>;

/// "flatlan exec TARGET [OPTION...] [-- CMD...]"
std::string usage_line(const Usage& usage);
/// The words that have their place after the verb.
std::vector<HelpEntry> word_entries(const Usage& usage);
/// "-o, --output text|json" and so on, `--help` the last.
std::vector<HelpEntry> option_entries(const Usage& usage);
/// How every program of ours ends: whole sentences, in lines of at most 80 columns.
std::string_view exit_status_text();

}  // namespace flatlan::cli
