#include <algorithm>

#include "overlay/linux/address.hpp"
#include "overlay/linux/route.hpp"
#include "tools/conformance/looks.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

Step<Seen> has_its_form(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    const ToldResult& told = attachment.result;
    if (!told.faults.empty()) return fails(listed(told.faults));
    return "a result of " + stage.version_text() + " with " + told.address_words();
}

/// The result's entry for the container's interface.
Step<ToldInterface> own_interface(const Stage& stage, const Attachment& attachment) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    const ToldInterface* const told = attachment.result.find_inside(attachment.interface);
    if (told != nullptr) return *told;
    return fails("'interfaces' has no '" + attachment.interface + "' with a sandbox");
}

Step<Seen> names_the_interface(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(told, own_interface(stage, attachment));
    if (told.sandbox != attachment.container->netns)
        return fails("'sandbox' is " + one_line(told.sandbox) + " instead of CNI_NETNS");
    return "'" + told.name + "' in its sandbox";
}

Step<Seen> tells_the_mac(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(told, own_interface(stage, attachment));
    FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
    if (!told.mac) return fails("'mac' is missing");
    if (told.mac != link.mac)
        return fails("'mac' is " + flatlan::to_string(*told.mac) + ", the interface has another");
    return flatlan::to_string(*told.mac);
}

Step<Seen> tells_the_mtu(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(told, own_interface(stage, attachment));
    FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
    if (!told.mtu) return not_applicable("'mtu' may be left out, and is");
    if (*told.mtu != link.mtu.value())
        return fails("'mtu' is " + std::to_string(*told.mtu) + ", the interface has " +
                     std::to_string(link.mtu.value()));
    return std::to_string(*told.mtu) + " octets";
}

Step<Seen> tells_the_addresses(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
    FLATLAN_TRY(netlink, Netlink::open_in(attachment.container->network));
    FLATLAN_TRY(held, list_addresses(netlink, link.index));
    for (const ToldAddress& told : attachment.result.addresses) {
        const bool there = std::any_of(held.begin(), held.end(), [&](const auto& found) {
            return found.address == told.address && found.length_bits == told.length_bits;
        });
        if (!there)
            return fails("the interface has not " + flatlan::to_string(told.address) + "/" +
                         std::to_string(told.length_bits));
    }
    if (attachment.result.addresses.empty())
        return not_applicable("the configuration gives no address");
    return attachment.result.address_words() + " on '" + attachment.interface + "'";
}

Step<Seen> tells_the_holder(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    const ToldResult& result = attachment.result;
    if (result.addresses.empty()) return not_applicable("the configuration gives no address");
    for (const ToldAddress& told : result.addresses) {
        if (!told.interface) return fails(flatlan::to_string(told.address) + " has no 'interface'");
        if (result.interfaces[*told.interface].name != attachment.interface)
            return fails(flatlan::to_string(told.address) + " is said to be on '" +
                         result.interfaces[*told.interface].name + "'");
    }
    return "every address names '" + attachment.interface + "'";
}

Step<Seen> tells_the_routes(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(netlink, Netlink::open_in(attachment.container->network));
    FLATLAN_TRY(routes, list_routes(netlink));
    std::vector<std::string> seen;
    for (const ToldRoute& told : attachment.result.routes) {
        const bool there = std::any_of(routes.begin(), routes.end(), [&](const Route& found) {
            return found.destination == told.destination;
        });
        if (!there)
            return fails("the container has no route to " + flatlan::to_string(told.destination));
        seen.push_back(flatlan::to_string(told.destination));
    }
    if (seen.empty()) return not_applicable("no route is told");
    return "routes to " + listed(seen);
}

Step<Seen> tells_what_is_on_the_node(Stage& stage) {
    FLATLAN_TRY_VOID(must_make_interfaces(stage));
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY(netlink, Netlink::open());
    std::vector<std::string> seen;
    for (const ToldInterface& told : attachment.result.interfaces) {
        if (!told.sandbox.empty()) continue;
        const auto name = InterfaceName::from(told.name);
        if (!name) return fails("no name of an interface: " + one_line(told.name));
        FLATLAN_TRY(link, find_link(netlink, name.value()));
        if (!link) return fails("the node has no '" + told.name + "'");
        if (told.mac && link->mac != told.mac)
            return fails("'" + told.name + "' has another MAC address than is told");
        seen.push_back(told.name);
    }
    if (seen.empty()) return not_applicable("no interface of the node is told");
    return listed(seen) + " on the node";
}

}  // namespace

std::vector<Clause> result_clauses() {
    const Version chained = Version::v0_3_0;
    return {
        {"result.form", "ADD answers with a result in the form of its version, and nothing else",
         "5, Success", Level::must, has_its_form},
        {"result.interface", "The result has the container's interface, with CNI_NETNS as sandbox",
         "5, Success", Level::must, names_the_interface, chained},
        {"result.mac", "The MAC address that is told is the interface's", "5, Success", Level::must,
         tells_the_mac, chained},
        {"result.mtu", "The MTU that is told is the interface's", "5, Success", Level::must,
         tells_the_mtu, Version::v1_1_0},
        {"result.addresses", "The addresses that are told are on the interface, with their lengths",
         "5, Success", Level::must, tells_the_addresses},
        {"result.holder", "Each address says on which interface it is", "5, Success", Level::should,
         tells_the_holder, chained},
        {"result.routes", "The routes that are told are in the container", "5, Success",
         Level::must, tells_the_routes},
        {"result.node", "The interfaces without a sandbox that are told are on the node",
         "5, Success", Level::must, tells_what_is_on_the_node, chained},
    };
}

}  // namespace flatlan::conformance
