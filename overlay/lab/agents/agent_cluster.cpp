#include "overlay/lab/agents/agent_cluster.hpp"

namespace flatlan::lab {
namespace {

constexpr const char* kEtcdPort = "2379";  // registered by IANA as etcd-client

std::string list_of(const std::vector<IpPrefix>& prefixes) {
    std::string list;
    for (const IpPrefix& prefix : prefixes)
        list += (list.empty() ? "\"" : ", \"") + to_string(prefix) + "\"";
    return "[" + list + "]";
}

}  // namespace

std::string etcd_url_of(const PlannedNode& etcd) {
    const IpAddress address = endpoint_of(etcd);
    const std::string host =
        address.is_ipv6() ? "[" + to_string(address) + "]" : to_string(address);
    return "http://" + host + ":" + kEtcdPort;
}

std::string daemon_settings(const AgentCluster& cluster, const PlannedNode& node) {
    const LabSpec& spec = cluster.spec;
    return "# Settings of flatland on this node. After a change: pkill -HUP -F /run/flatland.pid\n"
           "apiVersion: flatlan/v1\n"
           "kind: Daemon\n"
           "spec:\n"
           "  nodeName: " +
           node.name.text() +
           "\n"
           "  cluster: " +
           spec.name.text() +
           "\n"
           "  registry: {etcd: {endpoints: [\"" +
           cluster.etcd_url +
           "\"]}}\n"
           "  podCIDRs: " +
           list_of(spec.pod_cidrs) +
           "\n"
           "  blockSize: {ipv4: " +
           std::to_string(spec.block_length_ipv4) +
           ", ipv6: " + std::to_string(spec.block_length_ipv6) +
           "}\n"
           "  underlay: {mtu: " +
           std::to_string(spec.underlay_mtu.value()) +
           "}\n"
           "  tunnel: {backend: " +
           std::string{to_string(node.backend)} + ", vni: " + std::to_string(spec.vni.value()) +
           ", port: " + std::to_string(spec.port.value()) +
           ", senderCheck: " + (spec.sender_check == tunnel::SenderCheck::on ? "on" : "off") +
           ", peerCounts: " + (spec.peer_counts == tunnel::PeerCounts::on ? "on" : "off") +
           "}\n"
           "  cni: {conflist: /run/" +
           kConflist + "}\n";
}

}  // namespace flatlan::lab
