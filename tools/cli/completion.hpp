#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/lab_service.hpp"
#include "tools/cli/verb.hpp"

namespace flatlan::cli {

/// What a shell may offer for one word.
struct Candidate {
    std::string word;
    std::string summary{};
};

/// All that a shell may offer for one word.
struct Candidates {
    std::vector<Candidate> words;
    bool files = false;  ///< the names of files too, which the shell knows better
};

/// What may stand in the place of the last of `words`, which is as far as it has been typed and may
/// be empty; the words are those after the program's name. Failures offer nothing: no one can read
/// an error while typing.
Candidates complete(std::span<const Verb> verbs, LabService& labs,
                    std::span<const std::string> words);

/// The script that teaches a shell: "bash", "zsh" or "fish". It asks the hidden verb `__complete`.
std::string_view completion_script(std::string_view shell);

}  // namespace flatlan::cli
