#pragma once

#include <optional>

#include "tools/conformance/stage.hpp"

namespace flatlan::conformance {

/// What an error must be like.
struct Refusal {
    std::optional<std::uint64_t> code{};  ///< nothing: any
    std::string word{};                   ///< that its message has
    bool in_version = false;              ///< whether `cniVersion` must be the configuration's
};

/// Runs a call that has to be refused, and says with what it was. An objection where it is not, or
/// the node or the container is not as before.
Step<Seen> expect_refusal(Stage& stage, const Call& call, const Attachment& attachment,
                          const Refusal& refusal = {});

/// An objection that names what is there now and was not before.
Step<void> expect_nothing_new(const Snapshot& before, const Snapshot& after,
                              const std::string& where);

}  // namespace flatlan::conformance
