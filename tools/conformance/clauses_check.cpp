#include "overlay/linux/address.hpp"
#include "overlay/linux/route.hpp"
#include "tools/conformance/looks.hpp"
#include "tools/conformance/refusal.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

Step<void> expect_check(Stage& stage, const Attachment& attachment) {
    FLATLAN_TRY(answer, stage.run(stage.call_after(Verb::check, attachment)));
    return expect_silent_success(answer, "CHECK");
}

Step<Seen> passes_after_add(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY_VOID(expect_check(stage, attachment));
    return Seen{"CHECK succeeds and says nothing"};
}

Step<Seen> changes_nothing(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(inside, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY(node, stage.node_snapshot());
    constexpr int kTimes = 3;
    for (int i = 0; i < kTimes; ++i)
        FLATLAN_TRY_VOID(expect_check(stage, attachment));
    FLATLAN_TRY(inside_now, stage.snapshot_of(*attachment.container));
    FLATLAN_TRY(node_now, stage.node_snapshot());
    if (inside != inside_now || node != node_now) return fails("CHECK changed something");
    return Seen{"three times CHECK, all is as before"};
}

Step<Seen> needs_the_previous_result(Stage& stage) {
    // A plugin that stands behind others is not given their result either.
    FLATLAN_TRY(attachment, stage.attached());
    Call bare = stage.call(Verb::check, attachment);
    bare.input = without_field(bare.input, "prevResult");
    return expect_refusal(stage, bare, attachment);
}

/// Something is taken from the container after ADD; CHECK must see it.
auto sees(const char* what, Step<void> (*spoil)(const Attachment& attachment)) {
    return [=](Stage& stage) -> Step<Seen> {
        FLATLAN_TRY_VOID(must_make_interfaces(stage));
        FLATLAN_TRY(attachment, stage.attached());
        FLATLAN_TRY_VOID(expect_check(stage, attachment));
        FLATLAN_TRY_VOID(spoil(attachment));
        const auto refused =
            expect_refusal(stage, stage.call_after(Verb::check, attachment), attachment);
        if (refused) return refused;
        return Objection{Verdict::fail, std::string{what} + ": " + refused.error().seen};
    };
}

Step<void> take_the_interface(const Attachment& attachment) {
    return remove_interface(*attachment.container, attachment.interface);
}

Step<void> take_an_address(const Attachment& attachment) {
    if (attachment.result.addresses.empty())
        return not_applicable("the configuration gives no address");
    const ToldAddress& told = attachment.result.addresses.front();
    FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
    FLATLAN_TRY(netlink, Netlink::open_in(attachment.container->network));
    FLATLAN_TRY_VOID(remove_address(
        netlink, {.address = told.address, .length_bits = told.length_bits, .device = link.index}));
    return success();
}

Step<void> take_a_route(const Attachment& attachment) {
    if (attachment.result.routes.empty()) return not_applicable("no route is told");
    const IpPrefix destination = attachment.result.routes.front().destination;
    FLATLAN_TRY(netlink, Netlink::open_in(attachment.container->network));
    FLATLAN_TRY(routes, list_routes(netlink));
    for (const Route& route : routes)
        if (route.destination == destination) FLATLAN_TRY_VOID(remove_route(netlink, route));
    return success();
}

Step<void> set_it_down(const Attachment& attachment) {
    FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
    FLATLAN_TRY(netlink, Netlink::open_in(attachment.container->network));
    FLATLAN_TRY_VOID(set_link(netlink, link.index, {.up = false}));
    return success();
}

/// What a later plugin of a list may do.
Step<Seen> bears_more(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    const Container& container = *attachment.container;
    FLATLAN_TRY_VOID(make_interface(container, "later0"));
    FLATLAN_TRY(link, get_interface(container, attachment.interface));
    FLATLAN_TRY(netlink, Netlink::open_in(container.network));
    const auto address = IpAddress::from_text("192.0.2.77").value();
    FLATLAN_TRY_VOID(
        create_address(netlink, {.address = address, .length_bits = 32, .device = link.index}));
    FLATLAN_TRY_VOID(create_route(
        netlink,
        {.destination = IpPrefix::from_text("198.51.100.0/24").value(), .device = link.index}));
    FLATLAN_TRY_VOID(expect_check(stage, attachment));
    return Seen{"CHECK succeeds with an interface, an address and a route more"};
}

Step<Seen> fails_after_del(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY_VOID(stage.del(attachment));
    return expect_refusal(stage, stage.call_after(Verb::check, attachment), attachment);
}

}  // namespace

std::vector<Clause> check_clauses() {
    const Version since = Version::v0_4_0;
    return {
        {"check.passes", "CHECK succeeds right after ADD, and says nothing", "2, CHECK",
         Level::must, passes_after_add, since},
        {"check.repeated", "CHECK can be repeated and changes nothing", "2, CHECK", Level::must,
         changes_nothing, since},
        {"check.prev_result", "CHECK without prevResult is refused", "2, CHECK", Level::must,
         needs_the_previous_result, since},
        {"check.interface", "CHECK sees that the interface is gone", "2, CHECK", Level::should,
         sees("the interface is gone", take_the_interface), since},
        {"check.address", "CHECK sees that an address is gone", "2, CHECK", Level::should,
         sees("an address is gone", take_an_address), since},
        {"check.route", "CHECK sees that a route is gone", "2, CHECK", Level::should,
         sees("a route is gone", take_a_route), since},
        {"check.down", "CHECK sees that the interface is down", "2, CHECK", Level::should,
         sees("the interface is down", set_it_down), since},
        {"check.more", "CHECK bears what later plugins added", "2, CHECK", Level::must, bears_more,
         since},
        {"check.deleted", "CHECK fails after DEL", "2, CHECK", Level::should, fails_after_del,
         since},
    };
}

}  // namespace flatlan::conformance
