#include "tools/conformance/refusal.hpp"

#include "tools/conformance/words.hpp"

namespace flatlan::conformance {

Step<void> expect_nothing_new(const Snapshot& before, const Snapshot& after,
                              const std::string& where) {
    const auto more = added(before, after);
    if (more.empty()) return success();
    return fails("left " + where + ": " + listed(more));
}

Step<Seen> expect_refusal(Stage& stage, const Call& call, const Attachment& attachment,
                          const Refusal& refusal) {
    FLATLAN_TRY(inside, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY(error, read_error(answer, refusal.in_version ? stage.version_text() : ""));
    const std::string seen = "code " + std::to_string(error.code) + ": " + one_line(error.message);
    if (refusal.code && error.code != *refusal.code)
        return fails(seen + ", instead of code " + std::to_string(*refusal.code));
    if (error.message.find(refusal.word) == std::string::npos)
        return fails(seen + ", which does not name " + refusal.word);
    FLATLAN_TRY(inside_now, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY_VOID(expect_nothing_new(inside, inside_now, "in the container"));
    return seen;
}

}  // namespace flatlan::conformance
