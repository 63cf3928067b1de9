#include "overlay/lab/lab_document.hpp"

#include <unordered_map>

#include "overlay/lab/manifest_reader.hpp"
#include "overlay/lab/network_fields.hpp"

namespace flatlan::lab {
namespace {

constexpr std::size_t kNodesDefault = 3;

Result<tunnel::BackendKind> read_backend(const YamlField& field) {
    FLATLAN_TRY(word, field.word({"kernel", "user", "direct"}, {}));
    return tunnel::backend_from_text(word);
}

Result<LabName> read_lab_name(const YamlField& root) {
    FLATLAN_TRY(version, root.get("apiVersion"));
    FLATLAN_TRY_VOID(version.word({kLabApiVersion}, {}));
    FLATLAN_TRY(kind, root.get("kind"));
    FLATLAN_TRY_VOID(kind.word({kLabKind}, {}));
    FLATLAN_TRY(metadata, root.get("metadata"));
    FLATLAN_TRY_VOID(metadata.is_mapping_of({"name"}));
    FLATLAN_TRY(name, metadata.get("name"));
    FLATLAN_TRY(text, name.text());
    auto lab = LabName::from(text);
    if (!lab) return std::move(lab).error().at(to_string(name.place()));
    return lab;
}

Result<NodeSpec> read_node(const YamlField& item) {
    if (item.node().kind != YamlNode::Kind::mapping)
        return item.wrong_kind("a mapping such as {name: n1}");
    FLATLAN_TRY_VOID(item.is_mapping_of({"name", "underlay", "backend"}));
    FLATLAN_TRY(name_field, item.get("name"));
    FLATLAN_TRY(text, name_field.text());
    auto name = NodeName::from(text);
    if (!name) return std::move(name).error().at(to_string(name_field.place()));
    NodeSpec node{std::move(name).value(), {}, std::nullopt, item.place()};
    if (const auto underlay = item.find("underlay")) {
        FLATLAN_TRY(addresses, read_addresses(*underlay));
        node.underlay = addresses;
    }
    if (const auto backend = item.find("backend")) {
        FLATLAN_TRY(kind, read_backend(*backend));
        node.backend = kind;
    }
    return node;
}

Result<std::vector<NodeSpec>> read_node_list(const YamlField& list) {
    FLATLAN_TRY(items, list.items());
    if (items.empty() || items.size() > kNodesMax)
        return list.error("has " + std::to_string(items.size()) + " nodes")
            .expecting("1 to " + std::to_string(kNodesMax));
    std::vector<NodeSpec> nodes;
    std::unordered_map<NodeName, SourcePlace> places;
    for (const YamlField& item : items) {
        FLATLAN_TRY(node, read_node(item));
        const auto [first, fresh] = places.try_emplace(node.name, node.place);
        if (!fresh)
            return Error{ErrorCode::invalid_argument, "node name '" + node.name.text() +
                                                          "' is given twice, first at " +
                                                          to_string(first->second)}
                .at(to_string(node.place))
                .expecting("each name once");
        nodes.push_back(std::move(node));
    }
    return nodes;
}

/// spec.nodes: a number, for nodes n1, n2 and so on, or a list.
Result<std::vector<NodeSpec>> read_nodes(const YamlField& spec) {
    const YamlField field = spec.find_or_empty("nodes");
    if (field.node().kind == YamlNode::Kind::list) return read_node_list(field);
    if (field.node().kind == YamlNode::Kind::mapping)
        return field.wrong_kind("a number of nodes, or a list of them");
    std::uint64_t count = kNodesDefault;
    if (spec.find("nodes")) {
        FLATLAN_TRY(number, field.number(1, kNodesMax));
        count = number;
    }
    std::vector<NodeSpec> nodes;
    nodes.reserve(count);
    for (std::uint64_t i = 1; i <= count; ++i)
        nodes.push_back(
            {NodeName::from("n" + std::to_string(i)).value(), {}, std::nullopt, field.place()});
    return nodes;
}

Result<void> read_underlay(const YamlField& underlay, LabSpec& into) {
    FLATLAN_TRY_VOID(underlay.is_mapping_of({"cidrs", "mtu", "topology"}));
    into.places.underlay_mtu = underlay.find_or_empty("mtu").place();
    if (const auto mtu = underlay.find("mtu")) {
        FLATLAN_TRY(octets, mtu->number(UnderlayMtu::kMin, UnderlayMtu::kMax));
        into.underlay_mtu = UnderlayMtu{static_cast<std::uint32_t>(octets)};
    }
    into.places.topology = underlay.find_or_empty("topology").place();
    if (const auto topology = underlay.find("topology")) {
        FLATLAN_TRY(word, topology->word({"routed", "bridged"}, {}));
        into.topology = word == "bridged" ? UnderlayTopology::bridged : UnderlayTopology::routed;
    }
    return success();
}

Result<void> read_tunnel(const YamlField& tunnel, LabSpec& into) {
    FLATLAN_TRY_VOID(tunnel.is_mapping_of({"backend", "vni", "port", "senderCheck", "peerCounts"}));
    into.places.backend = tunnel.find_or_empty("backend").place();
    if (const auto backend = tunnel.find("backend")) {
        FLATLAN_TRY(kind, read_backend(*backend));
        into.backend = kind;
    }
    if (const auto vni = tunnel.find("vni")) {
        FLATLAN_TRY(number, vni->number(0, Vni::kMax));
        into.vni = Vni{static_cast<std::uint32_t>(number)};
    }
    if (const auto port = tunnel.find("port")) {
        FLATLAN_TRY(number, port->number(1, 65535));
        into.port = Port{static_cast<std::uint16_t>(number)};
    }
    if (const auto check = tunnel.find("senderCheck")) {
        FLATLAN_TRY(word, check->word({"on", "off"}, {}));
        into.sender_check = word == "on" ? tunnel::SenderCheck::on : tunnel::SenderCheck::off;
    }
    if (const auto counts = tunnel.find("peerCounts")) {
        FLATLAN_TRY(word, counts->word({"on", "off"}, {}));
        into.peer_counts = word == "on" ? tunnel::PeerCounts::on : tunnel::PeerCounts::off;
    }
    return success();
}

}  // namespace

Result<LabDocument> read_lab_document(const YamlField& root) {
    FLATLAN_TRY_VOID(root.is_mapping_of({"apiVersion", "kind", "metadata", "spec"}));
    FLATLAN_TRY(name, read_lab_name(root));
    const YamlField spec = root.find_or_empty("spec");
    FLATLAN_TRY_VOID(spec.is_mapping_of({"nodes", "podCIDRs", "blockSize", "underlay", "tunnel",
                                         "pods", "agents", "egress", "writableHostPaths"}));
    LabDocument lab{LabSpec{name}, 0, {}, {}};
    lab.place = root.place();
    if (const auto paths = spec.find("writableHostPaths")) {
        FLATLAN_TRY(items, paths->items());
        for (const YamlField& item : items) {
            FLATLAN_TRY(path, read_path(item));
            lab.writable_host_paths.push_back(std::move(path));
        }
    }
    FLATLAN_TRY(nodes, read_nodes(spec));
    lab.spec.nodes = std::move(nodes);
    FLATLAN_TRY_VOID(read_underlay(spec.find_or_empty("underlay"), lab.spec));
    FLATLAN_TRY_VOID(read_tunnel(spec.find_or_empty("tunnel"), lab.spec));
    FLATLAN_TRY_VOID(read_networks(spec, lab.spec, lab.warnings));

    const YamlField pods = spec.find_or_empty("pods");
    FLATLAN_TRY_VOID(pods.is_mapping_of({"count"}));
    lab.bare_pods_place = pods.find_or_empty("count").place();
    if (const auto count = pods.find("count")) {
        FLATLAN_TRY(number, count->number(0, kPodsMax));
        lab.bare_pods = number;
    }
    if (const auto agents = spec.find("agents")) {
        FLATLAN_TRY(word, agents->word({"supervisor", "process"}, {}));
        lab.spec.agents = word == "process" ? Agents::process : Agents::supervisor;
    }
    if (const auto egress = spec.find("egress"))
        FLATLAN_TRY_VOID(egress->word({"none"}, {"masquerade"}));
    return lab;
}

}  // namespace flatlan::lab
