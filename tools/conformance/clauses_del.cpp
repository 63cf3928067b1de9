#include "tools/conformance/looks.hpp"
#include "tools/conformance/refusal.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

Step<Seen> takes_away_what_add_made(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    FLATLAN_TRY(before, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY_VOID(stage.add(attachment));
    FLATLAN_TRY_VOID(stage.del(attachment));
    FLATLAN_TRY(after, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY_VOID(expect_nothing_new(before, after, "in the container"));
    return Seen{"the container is as before"};
}

Step<Seen> leaves_the_node_as_it_was(Stage& stage) {
    FLATLAN_TRY_VOID(settled_node(stage));
    // What the plugins before it in a list have made is for them to take away.
    FLATLAN_TRY(attachment, stage.make_attachment());
    FLATLAN_TRY(before, stage.node_snapshot());
    FLATLAN_TRY_VOID(stage.add(attachment));
    FLATLAN_TRY_VOID(stage.del(attachment));
    FLATLAN_TRY(after, stage.node_snapshot());
    FLATLAN_TRY_VOID(expect_nothing_new(before, after, "on the node"));
    return Seen{"the node is as before"};
}

Step<Seen> says_nothing(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(answer, stage.run(stage.call_after(Verb::del, attachment)));
    FLATLAN_TRY_VOID(expect_silent_success(answer, "DEL"));
    return Seen{"nothing on standard output"};
}

Step<Seen> can_come_twice(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY_VOID(stage.del(attachment));
    FLATLAN_TRY(again, stage.run(stage.call_after(Verb::del, attachment)));
    FLATLAN_TRY_VOID(expect_success(again, "the second DEL"));
    return Seen{"the second DEL succeeds"};
}

/// As containerd's CRI does.
Step<Seen> can_come_again_with_less(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY_VOID(stage.del(attachment));
    Call call = stage.call(Verb::del, attachment);
    call.environment["CNI_NETNS"] = "";
    FLATLAN_TRY(again, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(again, "the second DEL, without CNI_NETNS and prevResult"));
    return Seen{"the second DEL succeeds"};
}

Step<Seen> bears_what_was_never_added(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    FLATLAN_TRY(answer, stage.run(stage.call(Verb::del, attachment)));
    FLATLAN_TRY_VOID(expect_success(answer, "DEL"));
    return Seen{"DEL succeeds"};
}

Step<Seen> bears_a_namespace_that_is_gone(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    Call call = stage.call_after(Verb::del, attachment);
    call.environment["CNI_NETNS"] = "/run/netns/gone-" + attachment.container->id;
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "DEL"));
    return Seen{"DEL succeeds"};
}

Step<Seen> bears_an_interface_that_is_gone(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY_VOID(remove_interface(*attachment.container, attachment.interface));
    FLATLAN_TRY_VOID(stage.del(attachment));
    return Seen{"DEL succeeds"};
}

Step<Seen> needs_no_previous_result(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(answer, stage.run(stage.call(Verb::del, attachment)));
    FLATLAN_TRY_VOID(expect_success(answer, "DEL"));
    return Seen{"DEL succeeds"};
}

Step<Seen> spares_the_others(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(first, stage.attached());
    FLATLAN_TRY(second, stage.prepare(*first.container, "eth1"));
    FLATLAN_TRY_VOID(stage.add(second));
    FLATLAN_TRY(neighbour, stage.attached());
    FLATLAN_TRY(before, stage.snapshot_of(*neighbour.container));
    FLATLAN_TRY_VOID(stage.del(second));
    FLATLAN_TRY(link, get_interface(*first.container, first.interface));
    if (!link.is_up()) return fails("'eth0' is down after DEL of 'eth1'");
    FLATLAN_TRY(after, stage.snapshot_of(*neighbour.container));
    if (before != after) return fails("another container has lost " + listed(added(after, before)));
    return Seen{"the container's other interface and another container are as before"};
}

/// More rounds than there are addresses; one is left out for who rests a while.
Step<Seen> gives_the_address_back(Stage& stage) {
    const auto addresses = stage.subject().addresses;
    if (!addresses) return not_applicable("--addresses does not say how many there are");
    const unsigned rounds = *addresses + 2;
    for (unsigned round = 0; round < rounds; ++round) {
        // A new container each time: a plugin may give one that comes back its old address.
        FLATLAN_TRY(attachment, stage.make_attachment());
        const auto added = stage.add(attachment);
        if (!added)
            return fails("ADD number " + std::to_string(round + 1) + ": " + added.error().seen);
        Call call = stage.call(Verb::del, attachment);
        call.environment.erase("CNI_NETNS");
        FLATLAN_TRY(answer, stage.run(call));
        FLATLAN_TRY_VOID(expect_success(answer, "DEL"));
        if (stage.subject().is_first())
            FLATLAN_TRY_VOID(remove_interface(*attachment.container, attachment.interface));
    }
    return std::to_string(rounds) + " times ADD and DEL without CNI_NETNS, with " +
           std::to_string(*addresses) + " addresses";
}

}  // namespace

std::vector<Clause> del_clauses() {
    const Scope once = Scope::newest_version;
    const Version first = cni::kOldest;
    return {
        {"del.container", "DEL takes away what ADD made in the container", "2, DEL", Level::must,
         takes_away_what_add_made},
        {"del.node", "DEL takes away what ADD made on the node for this container", "2, DEL",
         Level::must, leaves_the_node_as_it_was},
        {"del.silent", "DEL says nothing when it succeeds", "2, DEL", Level::should, says_nothing},
        {"del.twice", "A second DEL succeeds", "2, DEL", Level::must, can_come_twice},
        {"del.twice_bare", "A second DEL succeeds without CNI_NETNS and prevResult", "containerd",
         Level::practice, can_come_again_with_less},
        {"del.never_added", "DEL succeeds for what was never added", "2, DEL", Level::must,
         bears_what_was_never_added},
        {"del.netns_gone", "DEL succeeds when the namespace is gone", "2, DEL", Level::should,
         bears_a_namespace_that_is_gone},
        {"del.interface_gone", "DEL succeeds when the interface is gone", "2, DEL", Level::must,
         bears_an_interface_that_is_gone},
        {"del.no_prev_result", "DEL succeeds without prevResult", "2, DEL", Level::should,
         needs_no_previous_result, Version::v0_4_0},
        {"del.others", "DEL spares the container's other interfaces and other containers", "2, DEL",
         Level::must, spares_the_others, first, once},
        {"del.releases", "DEL releases the address, also without CNI_NETNS", "2, DEL", Level::must,
         gives_the_address_back, first, once},
    };
}

}  // namespace flatlan::conformance
