#include <set>

#include "tools/conformance/looks.hpp"
#include "tools/conformance/refusal.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

Step<Seen> makes_the_interface(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
    if (!link.is_up()) return fails("'" + attachment.interface + "' is down");
    return "'" + attachment.interface + "' is there and up, " + attachment.result.address_words();
}

Step<Seen> refuses_a_name_that_is_taken(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.make_attachment());
    FLATLAN_TRY_VOID(make_interface(*attachment.container, attachment.interface));
    stage.remember(attachment);
    return expect_refusal(stage, stage.call(Verb::add, attachment), attachment);
}

Step<Seen> cleans_up_when_it_fails(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(node, settled_node(stage));
    FLATLAN_TRY(attachment, stage.make_attachment());
    FLATLAN_TRY_VOID(make_interface(*attachment.container, attachment.interface));
    stage.remember(attachment);
    FLATLAN_TRY(refused, expect_refusal(stage, stage.call(Verb::add, attachment), attachment));
    FLATLAN_TRY(node_now, stage.node_snapshot());
    FLATLAN_TRY_VOID(expect_nothing_new(node, node_now, "on the node by the ADD that failed"));
    return "nothing is left of it (" + refused + ")";
}

Step<Seen> refuses_a_second_add(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    return expect_refusal(stage, stage.call(Verb::add, attachment), attachment);
}

Step<Seen> takes_a_second_interface(Stage& stage) {
    FLATLAN_TRY(first, stage.attached());
    FLATLAN_TRY(second, stage.prepare(*first.container, "eth1"));
    FLATLAN_TRY_VOID(stage.add(second));
    if (stage.subject().is_first())
        for (const Attachment* attachment : {&first, &second}) {
            FLATLAN_TRY(link, get_interface(*attachment->container, attachment->interface));
            static_cast<void>(link);
        }
    return "eth0 has " + first.result.address_words() + ", eth1 " + second.result.address_words();
}

Step<Seen> gives_each_its_own_address(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    std::set<std::string> addresses;
    std::set<std::string> macs;
    std::size_t count = 0;
    constexpr int kContainers = 3;
    for (int i = 0; i < kContainers; ++i) {
        FLATLAN_TRY(attachment, stage.attached());
        for (const ToldAddress& told : attachment.result.addresses)
            addresses.insert(flatlan::to_string(told.address));
        count += attachment.result.addresses.size();
        FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
        if (link.mac) macs.insert(flatlan::to_string(*link.mac));
    }
    if (addresses.size() != count)
        return fails("of " + std::to_string(count) + " addresses only " +
                     std::to_string(addresses.size()) + " are different");
    if (macs.size() != kContainers) return fails("two containers have the same MAC address");
    return listed({addresses.begin(), addresses.end()});
}

Step<Seen> can_be_repeated(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    FLATLAN_TRY(before, stage.snapshot_of(*attachment.container));
    for (unsigned round = 0; round < stage.rounds(); ++round) {
        FLATLAN_TRY_VOID(stage.add(attachment));
        FLATLAN_TRY_VOID(stage.del(attachment));
        FLATLAN_TRY(after, stage.snapshot_of(*attachment.container));
        FLATLAN_TRY_VOID(expect_nothing_new(before, after, "in the container"));
    }
    return std::to_string(stage.rounds()) + " times ADD and DEL in one container";
}

Step<Seen> leaves_no_process(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY_VOID(stage.del(attachment));
    const auto left = find_left_processes();
    if (!left.empty()) return fails("still running: " + listed(left));
    return Seen{"nothing runs any more"};
}

}  // namespace

std::vector<Clause> add_clauses() {
    const Scope once = Scope::newest_version;
    const Version first = cni::kOldest;
    return {
        {"add.interface", "ADD makes CNI_IFNAME in the container, and it is up", "2, ADD",
         Level::must, makes_the_interface},
        {"add.name_taken", "ADD fails when the container has an interface of that name", "2, ADD",
         Level::must, refuses_a_name_that_is_taken},
        {"add.clean_failure", "An ADD that fails leaves nothing on the node, before any DEL",
         "operators", Level::practice, cleans_up_when_it_fails, first, once},
        {"add.twice", "A second ADD of the same attachment fails and spoils nothing", "2, ADD",
         Level::must, refuses_a_second_add},
        {"add.second_interface", "A container takes a second interface of another name",
         "2, Overview", Level::must, takes_a_second_interface},
        {"add.distinct", "No two containers have an address or a MAC address in common",
         "2, Overview", Level::must, gives_each_its_own_address, first, once},
        {"add.repeated", "ADD and DEL can be repeated in one container", "2, Lifecycle",
         Level::must, can_be_repeated, first, once},
        {"add.processes", "No process is left when ADD and DEL are done", "operators",
         Level::practice, leaves_no_process, first, once},
    };
}

}  // namespace flatlan::conformance
