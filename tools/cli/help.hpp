#pragma once

#include <span>
#include <string>

#include "tools/cli/verb.hpp"

namespace flatlan::cli {

/// What `flatlan --help` prints: the verbs, one line each, and where to go on.
std::string overview(std::span<const Verb> verbs, const Terminal& terminal);

/// What `flatlan VERB --help` prints: usage, words, flags, examples.
std::string help_of(const Verb& verb, const Terminal& terminal);

}  // namespace flatlan::cli
