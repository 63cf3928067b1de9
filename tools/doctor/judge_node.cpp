#include "tools/doctor/judge_node.hpp"

namespace flatlan::doctor {
namespace {

NodeCheck daemon(const NodeFacts& facts) {
    NodeCheck check{.name = "daemon"};
    if (facts.node) {
        check.found = "joined as " + facts.node->name.text();
        return check;
    }
    check.state = NodeState::doubtful;
    check.found = facts.no_node;
    check.breaks = "no pod can be added, and what depends on the cluster was not looked at";
    check.mend = "systemctl enable --now flatland";
    return check;
}

NodeCheck tunnel(const NodeFacts& facts) {
    NodeCheck check{.name = "tunnel device"};
    if (facts.tunnel) {
        check.found = facts.tunnel->name.text() +
                      (facts.tunnel->vxlan
                           ? ", " + std::to_string(facts.peers.size()) + " other nodes behind it"
                           : ", by which the daemon carries packets itself");
        if (facts.tunnel->is_up()) return check;
        check.state = NodeState::broken;
        check.found = facts.tunnel->name.text() + " is down";
        check.breaks = "pods of other nodes are not reached";
        check.mend = "ip link set flat0 up";
        return check;
    }
    if (facts.is_of(tunnel::BackendKind::direct)) {
        check.found = "not needed: the underlay has routes to pods";
        return check;
    }
    check.state = NodeState::doubtful;
    check.found = facts.own_links.empty() ? "there is no flat0" : "flat0 is no VXLAN device";
    check.breaks = "the underlay and the other nodes are not known here";
    return check;
}

}  // namespace

NodeReport judge_node(const NodeFacts& facts) {
    NodeReport report;
    if (facts.node) report.node = facts.node->name.text();
    if (facts.underlay)
        report.underlay =
            facts.underlay->link.name.text() + ' ' + to_string(facts.underlay->address);
    report.checks.push_back(daemon(facts));
    report.checks.push_back(tunnel(facts));
    judge_filters(facts, report);
    judge_way(facts, report);
    judge_host(facts, report);
    return report;
}

}  // namespace flatlan::doctor
