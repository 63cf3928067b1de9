#pragma once

#include <string>
#include <vector>

#include "overlay/probe/member.hpp"

namespace flatlan::probe {

/// `nodes` nodes called n1, n2 ... with `pods` pods each called default/p1, default/p2 ..., all
/// dual stack, nodes first.
inline std::vector<Member> cluster_of(std::uint32_t nodes, std::uint32_t pods) {
    std::vector<Member> members;
    std::uint32_t host = 1;
    const auto add = [&](std::string name, MemberKind kind, std::uint32_t node) {
        Member member{
            std::move(name), kind, NodeName::from("n" + std::to_string(node)).value(), {}};
        member.addresses.ipv4 = Ipv4Address{0x0af4'0000 + host};
        member.addresses.ipv6 = Ipv6Address::from_halves(0xfd00'0010'0244'0000, host);
        ++host;
        members.push_back(std::move(member));
    };
    for (std::uint32_t node = 1; node <= nodes; ++node)
        add("node/n" + std::to_string(node), MemberKind::node, node);
    for (std::uint32_t pod = 0; pod < nodes * pods; ++pod)
        add("default/p" + std::to_string(pod + 1), MemberKind::pod, pod / pods + 1);
    return members;
}

}  // namespace flatlan::probe
