#include <utility>

#include "tools/doctor/judge_node.hpp"

namespace flatlan::doctor {
namespace {

NodeCheck managers(const NodeFacts& facts) {
    NodeCheck check{.name = "network managers"};
    check.found = facts.networkd || facts.network_manager
                      ? "leave the tunnel and the pods' cables alone"
                      : "neither systemd-networkd nor NetworkManager runs";
    if (facts.managed.empty()) return check;
    check.state = NodeState::broken;
    check.found.clear();
    bool by_networkd = false;
    for (const std::string& link : facts.managed) {
        check.found += (check.found.empty() ? "manage " : ", ") + link;
        by_networkd |= link.find("systemd-networkd") != std::string::npos;
    }
    check.breaks = "addresses, routes and neighbours of these are taken away now and then";
    check.mend =
        by_networkd
            ? "printf '[Match]\\nName=flat0 fl*\\n[Link]\\nUnmanaged=yes\\n' > "
              "/etc/systemd/network/10-flatlan.network && networkctl reload"
            : "printf '[keyfile]\\nunmanaged-devices=interface-name:flat0;interface-name:fl*\\n' > "
              "/etc/NetworkManager/conf.d/flatlan.conf && nmcli general reload conf";
    return check;
}

NodeCheck modules(const NodeFacts& facts) {
    NodeCheck check{.name = "kernel modules", .found = "veth, vxlan and nf_tables work"};
    std::string absent;
    for (const auto& [name, trial] :
         {std::pair{"veth", &facts.features.veth}, std::pair{"vxlan", &facts.features.vxlan},
          std::pair{"nf_tables", &facts.features.nftables}}) {
        if (!trial->done || trial->worked) continue;
        if (absent.empty()) check.found.clear();
        check.found += (check.found.empty() ? "" : "; ") + std::string{name} + ": " + trial->words;
        absent += ' ' + std::string{name};
    }
    if (absent.empty()) return check;
    const bool needed = absent != " nf_tables";
    check.state = needed ? NodeState::broken : NodeState::doubtful;
    check.breaks = needed ? "pods' cables and the tunnel cannot be made"
                          : "filters of this host cannot be read or set";
    check.mend = "modprobe -a" + absent;
    return check;
}

/// Wrong checksums come from a card that promised to fill them in: seen where they arrive. Those of
/// before may be of a card that is mended.
NodeCheck offloads(const NodeFacts& facts) {
    NodeCheck check{.name = "offloads", .found = "no packet came with a wrong checksum"};
    if (facts.wrong_checksums == 0) return check;
    check.found = std::to_string(facts.wrong_checksums) +
                  " packets came with a wrong checksum since the start, " +
                  std::to_string(facts.wrong_checksums_now) + " of them now";
    if (facts.wrong_checksums_now == 0) return check;
    check.state = NodeState::doubtful;
    check.breaks = "a card that should have filled it in did not; such packets are lost";
    const std::string interface = facts.underlay ? facts.underlay->link.name.text() : "INTERFACE";
    check.mend = "on the nodes that sent them: ethtool -K " + interface +
                 " tx off tx-udp_tnl-segmentation off";
    return check;
}

/// What VirtualBox and QEMU give every machine on its first interface.
constexpr Ipv4Address kUsualNatAddress{0x0a00020f};  // 10.0.2.15

NodeCheck own_address(const NodeFacts& facts) {
    NodeCheck check{.name = "own address", .found = "not known before the daemon has joined"};
    if (facts.underlay)
        check.found =
            to_string(facts.underlay->address) + " on " + facts.underlay->link.name.text();
    if (!facts.lost_address) return check;
    check.state = NodeState::broken;
    check.found = "no interface has " + to_string(*facts.lost_address) +
                  ", at which other nodes look for this one";
    check.breaks = "pods of other nodes are not reached";
    check.mend = "give this machine that address or another one, then systemctl restart flatland";
    return check;
}

NodeCheck same_address(const NodeFacts& facts) {
    NodeCheck check{.name = "same address"};
    if (!facts.underlay) {
        check.found = "not looked at: the underlay is not known";
        return check;
    }
    const UnderlayFacts& underlay = *facts.underlay;
    const std::string mend =
        "set underlay.interface in /etc/flatlan/flatland.yaml, then systemctl restart flatland";
    if (underlay.other_owner) {
        check.state = NodeState::broken;
        check.found = to_string(*underlay.other_owner) + " on " + underlay.link.name.text() +
                      " has " + to_string(underlay.address) + " too";
        check.breaks = "what is sent to this node's pods reaches one of the two";
        check.mend = "give one of them another address, then " + mend;
    } else if (underlay.address == IpAddress{kUsualNatAddress}) {
        check.state = NodeState::doubtful;
        check.found = "10.0.2.15 is what every virtual machine has on its first interface";
        check.breaks = "other nodes with the same address do not reach this one";
        check.mend = mend;
    } else if (!underlay.not_asked.empty()) {
        check.found = "nobody was asked: " + underlay.not_asked;
    } else {
        check.found = "nobody else answers for " + to_string(underlay.address);
    }
    return check;
}

NodeCheck clock(const NodeFacts& facts) {
    constexpr std::int64_t kYear2026 = 1'767'225'600;
    NodeCheck check{.name = "clock", .found = "synchronized"};
    if (facts.seconds_since_1970 < kYear2026) {
        check.state = NodeState::broken;
        check.found = "shows a time before this program was made";
    } else if (!facts.clock_synchronized) {
        check.state = NodeState::doubtful;
        check.found = "not synchronized with any other";
    } else {
        return check;
    }
    check.breaks = "certificates of etcd seem not yet valid, or no longer";
    check.mend = "apt-get install systemd-timesyncd && timedatectl set-ntp true";
    return check;
}

}  // namespace

void judge_host(const NodeFacts& facts, NodeReport& report) {
    report.checks.push_back(managers(facts));
    report.checks.push_back(modules(facts));
    report.checks.push_back(offloads(facts));
    report.checks.push_back(own_address(facts));
    report.checks.push_back(same_address(facts));
    report.checks.push_back(clock(facts));
}

}  // namespace flatlan::doctor
