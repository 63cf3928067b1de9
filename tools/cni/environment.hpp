#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tools/cni/failure.hpp"

namespace flatlan::cni {

/// The variables by which a runtime says what it wants. Which of them a verb needs is checked; the
/// others may hold anything: podman asks for VERSION with the word `dummy` in all of them.
struct Environment {
    Verb verb = Verb::version;
    std::string container;
    std::string netns;      ///< a path; empty where the verb does without
    std::string interface;  ///< the name inside the container
    std::string arguments;  ///< CNI_ARGS

    /// The value of a variable; nothing when it is not set.
    using Variables = std::function<std::optional<std::string>(const char* name)>;
    /// Error invalid_environment, which names every variable that is missing or wrong.
    static Outcome<Environment> read(const Variables& variables);
};

}  // namespace flatlan::cni
