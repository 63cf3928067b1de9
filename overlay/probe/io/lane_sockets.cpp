#include "overlay/probe/io/lane_sockets.hpp"

namespace flatlan::probe {
namespace {

MemberFault fault_of(MemberId member, const Error& error) {
    switch (error.code()) {
        case ErrorCode::not_found:
            return {member, Verdict::address_missing, error.system_errno()};
        case ErrorCode::exhausted:
            return {member, Verdict::tester_overloaded, error.system_errno()};
        default:
            return {member, Verdict::unknown, error.system_errno()};
    }
}

}  // namespace

Result<OpenedLane> open_lane(const LaneContext& context, Protocol protocol,
                             std::span<const MemberId> members) {
    switch (protocol) {
        case Protocol::icmp:
            return open_icmp_lane(context, members);
        case Protocol::udp:
            return open_udp_lane(context, members);
        case Protocol::tcp:
            return open_tcp_lane(context, members);
    }
    return Error{ErrorCode::unsupported, "no such protocol"};
}

Result<std::vector<MemberFault>> open_seats(const LaneContext& context,
                                            std::span<const MemberId> members,
                                            const std::function<Result<void>(MemberId)>& open) {
    std::vector<MemberFault> faults;
    for (const MemberId member : members) {
        const auto& network = context.field.networks[member.value()];
        if (!network) {
            faults.push_back({member, Verdict::pod_missing});
            continue;
        }
        auto opened = context.scope.move_to(*network);
        if (opened) opened = open(member);
        if (opened) continue;
        if (opened.error().code() == ErrorCode::forbidden)
            return std::move(opened).error().within(context.field.members[member.value()].name);
        faults.push_back(fault_of(member, opened.error()));
    }
    return faults;
}

}  // namespace flatlan::probe
