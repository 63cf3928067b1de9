#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flatlan::lab {

/// How well a feature or limit serves labs.
enum class CheckState : std::uint8_t {
    ok,
    limited,  ///< labs run, something about them is smaller or left out
    missing,
};

/// "ok", "limited" or "missing".
std::string_view to_string(CheckState state);

/// One feature or limit of the machine, judged. The texts are for people, without a full stop.
struct MachineCheck {
    std::string name;  ///< "user namespaces"; never renamed, scripts look for it
    CheckState state = CheckState::ok;
    bool required = false;  ///< without it no lab runs
    std::string found{};    ///< what this machine has, or the kernel's refusal
    std::string needed{};   ///< what would be enough
    std::string purpose{};  ///< what it is for
    std::string mend{};     ///< a command that gives it; empty: none, or nothing to mend
    bool tried = true;      ///< false when what another check found made a trial impossible
};

/// What this machine allows this user, in the order in which people should read it.
struct MachineReport {
    std::vector<MachineCheck> checks;

    /// Whether a lab can run: nothing that is required is missing.
    bool can_run_lab() const;
    /// What is required and missing; what could not be tried follows from it and is left out.
    std::vector<MachineCheck> obstacles() const;
};

}  // namespace flatlan::lab
