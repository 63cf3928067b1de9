#include "tools/conformance/looks.hpp"
#include "tools/conformance/refusal.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

/// A call of GC that names what is still there.
Call gc_call(const Stage& stage, const std::vector<const Attachment*>& valid) {
    std::string list;
    for (const Attachment* attachment : valid)
        list += (list.empty() ? "" : ",") + std::string{R"({"containerID":")"} +
                attachment->container->id + R"(","ifname":")" + attachment->interface + "\"}";
    Call call = stage.call(Verb::gc);
    call.input = with_field(call.input, "cni.dev/valid-attachments", "[" + list + "]");
    return call;
}

Step<void> expect_gc(Stage& stage, const std::vector<const Attachment*>& valid) {
    FLATLAN_TRY(answer, stage.run(gc_call(stage, valid)));
    return expect_silent_success(answer, "GC");
}

Step<Seen> says_nothing(Stage& stage) {
    FLATLAN_TRY_VOID(expect_gc(stage, {}));
    FLATLAN_TRY_VOID(expect_gc(stage, {}));
    return Seen{"GC succeeds twice and says nothing"};
}

Step<Seen> spares_what_is_valid(Stage& stage) {
    FLATLAN_TRY(kept, stage.attached());
    FLATLAN_TRY(gone, stage.attached());
    FLATLAN_TRY(before, stage.snapshot_of(*kept.container));
    FLATLAN_TRY_VOID(expect_gc(stage, {&kept}));
    FLATLAN_TRY(after, stage.snapshot_of(*kept.container));
    if (before != after) return fails("a valid attachment lost " + listed(added(after, before)));
    FLATLAN_TRY(answer, stage.run(stage.call_after(Verb::check, kept)));
    FLATLAN_TRY_VOID(expect_success(answer, "CHECK of the valid attachment"));
    static_cast<void>(gone);
    return Seen{"the valid attachment is as before, and CHECK says so"};
}

Step<Seen> clears_the_node(Stage& stage) {
    FLATLAN_TRY(node, settled_node(stage));
    FLATLAN_TRY(gone, stage.attached());
    FLATLAN_TRY_VOID(expect_gc(stage, {}));
    FLATLAN_TRY(node_now, stage.node_snapshot());
    FLATLAN_TRY_VOID(expect_nothing_new(node, node_now, "on the node"));
    static_cast<void>(gone);
    return Seen{"the node is as before the attachment that is no longer valid"};
}

Step<Seen> releases_addresses(Stage& stage) {
    const auto addresses = stage.subject().addresses;
    if (!addresses) return not_applicable("--addresses does not say how many there are");
    for (unsigned i = 0; i < *addresses; ++i) {
        FLATLAN_TRY(lost, stage.attached());
        stage.forget(*lost.container);  // as when a machine was restarted: no DEL comes
    }
    FLATLAN_TRY_VOID(expect_gc(stage, {}));
    FLATLAN_TRY(attachment, stage.attached());
    return std::to_string(*addresses) + " containers went without DEL; after GC one has " +
           attachment.result.address_words();
}

Step<Seen> minds_its_own_network(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(before, stage.snapshot_of(*attachment.container));
    Call call = gc_call(stage, {});
    call.input = with_field(call.input, "name", "\"another-network\"");
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "GC of another network"));
    FLATLAN_TRY(after, stage.snapshot_of(*attachment.container));
    if (before != after) return fails("GC of another network took " + listed(added(after, before)));
    FLATLAN_TRY(checked, stage.run(stage.call_after(Verb::check, attachment)));
    FLATLAN_TRY_VOID(expect_success(checked, "CHECK after GC of another network"));
    return Seen{"an attachment of this network is as before"};
}

/// cnitool sends none at all, others null: that says nothing of what is gone.
Step<Seen> bears_no_list(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(before, stage.snapshot_of(*attachment.container));
    for (const bool null : {false, true}) {
        Call call = stage.call(Verb::gc);
        if (null) call.input = with_field(call.input, "cni.dev/valid-attachments", "null");
        FLATLAN_TRY(answer, stage.run(call));
        if (!answer.succeeded()) {
            FLATLAN_TRY(error, read_error(answer, ""));
            static_cast<void>(error);
        }
        FLATLAN_TRY(after, stage.snapshot_of(*attachment.container));
        if (before != after)
            return fails("a GC without a list took " + listed(added(after, before)));
    }
    return Seen{"a live attachment is as before"};
}

Step<Seen> is_ready(Stage& stage) {
    FLATLAN_TRY(answer, stage.run(stage.call(Verb::status)));
    FLATLAN_TRY_VOID(expect_silent_success(answer, "STATUS"));
    FLATLAN_TRY(attachment, stage.attached());
    return "STATUS says yes, and ADD gives " + attachment.result.address_words();
}

Step<Seen> needs_no_more_variables(Stage& stage) {
    Call call = stage.call(Verb::status);
    call.environment.erase("CNI_PATH");
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_silent_success(answer, "STATUS"));
    return Seen{"STATUS succeeds with CNI_COMMAND alone"};
}

Step<Seen> says_that_it_is_full(Stage& stage) {
    const auto addresses = stage.subject().addresses;
    if (!addresses) return not_applicable("--addresses does not say how many there are");
    for (unsigned i = 0; i < *addresses; ++i) {
        FLATLAN_TRY(attachment, stage.attached());
        static_cast<void>(attachment);
    }
    FLATLAN_TRY(answer, stage.run(stage.call(Verb::status)));
    FLATLAN_TRY(error, read_error(answer, ""));
    if (error.code != 50 && error.code != 51)
        return fails("code " + std::to_string(error.code) +
                     " instead of 50 or 51: " + one_line(error.message));
    return "code " + std::to_string(error.code) + ": " + one_line(error.message);
}

}  // namespace

std::vector<Clause> gc_clauses() {
    const Version since = Version::v1_1_0;
    return {
        {"gc.silent", "GC succeeds, also twice, and says nothing", "2, GC", Level::must,
         says_nothing, since},
        {"gc.valid", "GC spares the attachments of its list", "2, GC", Level::must,
         spares_what_is_valid, since},
        {"gc.node", "GC takes from the node what is no longer valid", "2, GC", Level::should,
         clears_the_node, since},
        {"gc.addresses", "GC releases the addresses of what is no longer valid", "2, GC",
         Level::should, releases_addresses, since},
        {"gc.network", "GC spares other networks", "2, GC", Level::must, minds_its_own_network,
         since},
        {"gc.no_list", "GC without a list, or with null, spares what is alive", "cnitool",
         Level::practice, bears_no_list, since},
        {"status.ready", "STATUS succeeds and says nothing when ADD works", "2, STATUS",
         Level::must, is_ready, since},
        {"status.variables", "STATUS needs no variable but CNI_COMMAND", "2, STATUS", Level::must,
         needs_no_more_variables, since},
        {"status.full", "STATUS says 50 or 51 when no address is left", "2, STATUS", Level::should,
         says_that_it_is_full, since},
    };
}

}  // namespace flatlan::conformance
