#pragma once

#include "overlay/base/result.hpp"
#include "tools/cli/lab_service.hpp"

namespace flatlan::cli {

/// An error of starting or entering a lab, with what `flatlan doctor` says added when this machine
/// cannot run labs: then the code is `forbidden`, and what is expected is what would allow it.
/// Errors that a person or a running lab caused come back as they are, without a look at the
/// machine.
Error with_doctors_words(Error error, LabService& labs);

}  // namespace flatlan::cli
