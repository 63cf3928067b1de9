#pragma once

#include "overlay/base/result.hpp"

namespace flatlan::lab {

/// Makes an nftables table with one chain hooked into `input` in this process's network namespace,
/// and leaves it there. What the kernel refuses is the error.
Result<void> make_nftables_chain();

}  // namespace flatlan::lab
