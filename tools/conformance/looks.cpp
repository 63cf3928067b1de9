#include "tools/conformance/looks.hpp"

#include "overlay/linux/veth.hpp"
#include "tools/conformance/refusal.hpp"

namespace flatlan::conformance {

Step<std::optional<Link>> find_interface(const Container& container, const std::string& name) {
    FLATLAN_TRY(netlink, Netlink::open_in(container.network));
    FLATLAN_TRY(link, find_link(netlink, InterfaceName{name}));
    return link;
}

Step<Link> get_interface(const Container& container, const std::string& name) {
    FLATLAN_TRY(link, find_interface(container, name));
    if (link) return *link;
    return fails("the container has no interface '" + name + "'");
}

Step<void> must_make_interfaces(const Stage& stage) {
    if (stage.subject().is_first()) return success();
    return not_applicable("the plugin changes interfaces that others make");
}

Step<void> make_interface(const Container& container, const std::string& name) {
    FLATLAN_TRY(netlink, Netlink::open_in(container.network));
    const auto mac = [](const char* text) { return MacAddress::from_text(text).value(); };
    FLATLAN_TRY_VOID(create_veth(
        netlink,
        {.near = {.name = InterfaceName{name}, .mac = mac("02:00:00:00:0a:01")},
         .far = {.name = InterfaceName{"other-" + name}, .mac = mac("02:00:00:00:0a:02")}}));
    return success();
}

Step<void> remove_interface(const Container& container, const std::string& name) {
    FLATLAN_TRY(netlink, Netlink::open_in(container.network));
    FLATLAN_TRY_VOID(remove_link(netlink, InterfaceName{name}));
    return success();
}

Step<Snapshot> settled_node(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    FLATLAN_TRY_VOID(stage.del(attachment));
    return stage.node_snapshot();
}

Step<void> del_wholly(Stage& stage, const Attachment& attachment, const Snapshot& node_before) {
    FLATLAN_TRY_VOID(stage.del(attachment));
    if (stage.subject().is_first()) {
        FLATLAN_TRY(link, find_interface(*attachment.container, attachment.interface));
        if (link) return fails("after DEL the container still has '" + attachment.interface + "'");
        FLATLAN_TRY(node, stage.node_snapshot());
        FLATLAN_TRY_VOID(expect_nothing_new(node_before, node, "on the node after DEL"));
    }
    return success();
}

}  // namespace flatlan::conformance
