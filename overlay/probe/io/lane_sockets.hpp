#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/probe/round.hpp"

namespace flatlan::probe {

/// The members of a test and the network namespaces in which their sockets are opened, place by
/// place; no namespace where it is gone. Both must outlive the test.
struct Field {
    std::span<const Member> members;
    std::span<const std::optional<Namespace>> networks;
    /// A process that carries the packets on this machine, where one does: its work is the
    /// network's.
    std::optional<pid_t> carrier{};

    /// The member must have an address of the family.
    IpAddress address(MemberId member, IpFamily family) const {
        const auto address = members[member.value()].addresses.find(family);
        FLATLAN_CHECK(address.has_value());
        return *address;
    }
};

/// What the sockets of one lane share.
struct LaneContext {
    const Field& field;
    IpFamily family;
    std::uint32_t run;  ///< number of this run of the tester, in every payload
    Epoll& epoll;
    NamespaceScope& scope;  ///< of this thread
};

/// The sockets of one lane, those of all members: carries out what a Round says and tells it what
/// they saw. Decides nothing.
class LaneSockets {
public:
    virtual ~LaneSockets() = default;

    /// Sends each probe; those of one sender that follow each other are sent together.
    virtual void send(Instant now, std::span<const Probe> probes, Round& round) = 0;
    /// A descriptor that was added to epoll with `tag` has something.
    virtual void handle_ready(Instant now, std::uint64_t tag, std::uint32_t events,
                              Round& round) = 0;
    /// The check has ended: what it holds can be closed.
    virtual void close(std::uint32_t check) = 0;

    /// The port at which a member whose sockets are here is asked; none for ICMP.
    virtual Port server_port(MemberId) const { return Port::any(); }
    /// Where a member is asked whose sockets are on another machine.
    virtual void set_server_port(MemberId, Port) {}
};

/// A lane's sockets, and the members for which there are none, with the reason.
struct OpenedLane {
    std::unique_ptr<LaneSockets> sockets;
    std::vector<MemberFault> faults;
};

/// Opens the sockets for `members`. Error forbidden when the tester may not enter a namespace or
/// open a raw socket.
Result<OpenedLane> open_udp_lane(const LaneContext& context, std::span<const MemberId> members);
Result<OpenedLane> open_icmp_lane(const LaneContext& context, std::span<const MemberId> members);
Result<OpenedLane> open_tcp_lane(const LaneContext& context, std::span<const MemberId> members);
/// The one of the protocol.
Result<OpenedLane> open_lane(const LaneContext& context, Protocol protocol,
                             std::span<const MemberId> members);

/// Calls `open` for each member with the thread inside its namespace. A member whose namespace is
/// gone, whose address is not there or for whom the tester has no room gets a fault; what is
/// forbidden is an error, for it is so for all.
Result<std::vector<MemberFault>> open_seats(const LaneContext& context,
                                            std::span<const MemberId> members,
                                            const std::function<Result<void>(MemberId)>& open);

}  // namespace flatlan::probe
