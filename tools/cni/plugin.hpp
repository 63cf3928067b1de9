#pragma once

#include <string>
#include <string_view>

#include "tools/cni/environment.hpp"

namespace flatlan::cni {

/// What a call of the plugin comes to.
struct Answer {
    int exit_status = 0;            ///< 0 or 1
    std::string standard_output{};  ///< JSON, or nothing
    std::string standard_error{};   ///< for people
};

/// Carries out what the variables and standard input ask for, in the network namespace of the
/// calling thread. `program` is the name under which plugins call us: `flatlan-cni`.
Answer run_plugin(const Environment::Variables& variables, std::string_view standard_input,
                  std::string_view program);

/// The answer when standard input could not be read; `reason` is the kernel's word.
Answer unreadable_input(std::string_view reason);

}  // namespace flatlan::cni
