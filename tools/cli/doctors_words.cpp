#include "tools/cli/doctors_words.hpp"

namespace flatlan::cli {
namespace {

bool may_be_the_machines_fault(ErrorCode code) {
    return code == ErrorCode::forbidden || code == ErrorCode::unsupported ||
           code == ErrorCode::exhausted || code == ErrorCode::system;
}

}  // namespace

Error with_doctors_words(Error error, LabService& labs) {
    if (!may_be_the_machines_fault(error.code())) return error;
    const std::vector<lab::MachineCheck> obstacles = labs.examine_machine().obstacles();
    if (obstacles.empty()) return error;
    std::string needs;
    for (const lab::MachineCheck& check : obstacles) {
        needs += (needs.empty() ? "" : "; ") + check.name + ": " + check.needed;
        // What the check found may be the very refusal.
        if (check.found != error.to_string()) needs += ", found " + check.found;
        if (!check.mend.empty()) needs += ", mend: " + check.mend;
    }
    return std::move(error).as(ErrorCode::forbidden).expecting(needs);
}

}  // namespace flatlan::cli
