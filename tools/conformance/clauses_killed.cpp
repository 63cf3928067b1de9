#include "overlay/base/prng.hpp"
#include "tools/conformance/looks.hpp"
#include "tools/conformance/refusal.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

constexpr std::uint64_t kSeed = 1;

/// Starts a call and kills it, and what it started, at a moment within its usual length; says
/// whether it was quicker.
Step<bool> kill_at_random(const Call& call, Prng& chance, Duration usual) {
    const auto after = Duration{
        static_cast<std::int64_t>(chance.below(static_cast<std::uint64_t>(usual.count())))};
    FLATLAN_TRY(process, PluginProcess::start(call));
    const Answer answer = process.wait(after);
    return !answer.timed_out;
}

/// How long a verb takes here, and that the node is as it was before.
struct Usual {
    Duration add, del;
};
Step<Usual> measure(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    FLATLAN_TRY(added, stage.run(stage.call(Verb::add, attachment)));
    FLATLAN_TRY_VOID(expect_success(added, "ADD"));
    FLATLAN_TRY(deleted, stage.run(stage.call(Verb::del, attachment)));
    FLATLAN_TRY_VOID(expect_success(deleted, "DEL"));
    return Usual{added.took, deleted.took};
}

Objection at_round(Objection objection, unsigned round) {
    objection.seen = "round " + std::to_string(round + 1) + " of seed " + std::to_string(kSeed) +
                     ": " + objection.seen;
    return objection;
}

/// One round: ADD is killed; DEL, and every other time a further ADD and DEL, must do.
Step<bool> kill_add(Stage& stage, Prng& chance, Duration usual, bool retry, const Snapshot& node) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    FLATLAN_TRY(inside, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY(quicker, kill_at_random(stage.call(Verb::add, attachment), chance, usual));
    FLATLAN_TRY_VOID(del_wholly(stage, attachment, node));
    if (retry) {
        FLATLAN_TRY_VOID(stage.add(attachment));
        FLATLAN_TRY_VOID(del_wholly(stage, attachment, node));
    }
    FLATLAN_TRY(inside_now, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY_VOID(expect_nothing_new(inside, inside_now, "in the container"));
    return !quicker;
}

Step<bool> kill_del(Stage& stage, Prng& chance, Duration usual, const Snapshot& node) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    FLATLAN_TRY(inside, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY_VOID(stage.add(attachment));
    FLATLAN_TRY(quicker, kill_at_random(stage.call_after(Verb::del, attachment), chance, usual));
    FLATLAN_TRY_VOID(del_wholly(stage, attachment, node));
    FLATLAN_TRY(inside_now, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY_VOID(expect_nothing_new(inside, inside_now, "in the container"));
    return !quicker;
}

Step<Seen> recovers(Stage& stage, Verb verb) {
    FLATLAN_TRY(node, settled_node(stage));
    FLATLAN_TRY(usual, measure(stage));
    Prng chance{kSeed};
    unsigned killed = 0;
    for (unsigned round = 0; round < stage.rounds(); ++round) {
        const auto done = verb == Verb::add
                              ? kill_add(stage, chance, usual.add, round % 2 == 0, node)
                              : kill_del(stage, chance, usual.del, node);
        if (!done) return at_round(done.error(), round);
        killed += done.value() ? 1 : 0;
    }
    return "killed " + std::to_string(killed) + " of " + std::to_string(stage.rounds()) +
           " times, nothing is left";
}

/// The last clause: what any of the others leaked is missing here.
Step<Seen> has_all_its_addresses(Stage& stage) {
    const auto addresses = stage.subject().addresses;
    if (!addresses) return not_applicable("--addresses does not say how many there are");
    for (unsigned i = 0; i < *addresses; ++i) {
        const auto attached = stage.attached();
        if (!attached)
            return fails("of " + std::to_string(*addresses) + " addresses only " +
                         std::to_string(i) + " can be had: " + attached.error().seen);
    }
    return "all " + std::to_string(*addresses) + " can be had at once";
}

}  // namespace

std::vector<Clause> killed_clauses() {
    const Scope once = Scope::newest_version;
    const Version first = cni::kOldest;
    return {
        {"killed.add", "After an ADD that was killed, DEL clears all, and ADD works again",
         "operators", Level::practice, [](Stage& stage) { return recovers(stage, Verb::add); },
         first, once},
        {"killed.del", "After a DEL that was killed, a further DEL clears all", "operators",
         Level::practice, [](Stage& stage) { return recovers(stage, Verb::del); }, first, once},
        {"leaks.addresses", "At the end every address can still be had", "2, DEL", Level::must,
         has_all_its_addresses, first, once},
    };
}

}  // namespace flatlan::conformance
