#include "overlay/probe/io/trial/trial_sockets.hpp"

#include <netinet/in.h>
#include <poll.h>

#include <cerrno>

#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/io/sockets.hpp"

namespace flatlan::trial {
namespace {

using probe::SocketAddress;

struct Bound {
    UniqueFd socket;
    Endpoint own;
};

Result<Bound> open_bound(const TrialGround& ground, probe::MemberId member, IpFamily family) {
    FLATLAN_TRY_VOID(enter(ground, member));
    FLATLAN_TRY(socket, probe::open_socket(family, SOCK_DGRAM, IPPROTO_UDP));
    FLATLAN_TRY_VOID(probe::bind_socket(socket, ground.field.address(member, family), Port::any()));
    FLATLAN_TRY(own, probe::local_endpoint(socket));
    return Bound{std::move(socket), own};
}

}  // namespace

Result<void> enter(const TrialGround& ground, probe::MemberId member) {
    const auto& network = ground.field.networks[member.value()];
    if (!network)
        return Error{ErrorCode::not_found, "the network namespace of " +
                                               ground.field.members[member.value()].name +
                                               " is not there"};
    return ground.scope.move_to(*network);
}

const Door* TrialGround::door_of(const Trial& trial) const {
    if (doors == nullptr) return nullptr;
    const auto found = doors->find({trial.pair.to, trial.family});
    return found == doors->end() ? nullptr : &found->second;
}

Result<UdpFlow> open_udp_flow(const TrialGround& ground, const Trial& trial) {
    UniqueFd receiver;
    Endpoint to{ground.field.address(trial.pair.to, trial.family), Port::any()};
    if (const Door* const door = ground.door_of(trial)) {
        to.port = door->udp;
    } else {
        FLATLAN_TRY(here, open_bound(ground, trial.pair.to, trial.family));
        receiver = std::move(here.socket);
        to = here.own;
    }
    FLATLAN_TRY(from, open_bound(ground, trial.pair.from, trial.family));
    FLATLAN_TRY_VOID(probe::report_errors(from.socket, trial.family));
    const SocketAddress destination{to};
    if (::connect(from.socket.get(), destination.get(), destination.size()) != 0)
        return Error::from_errno(errno, "connect a socket to " + to_string(to));
    return UdpFlow{std::move(from.socket), std::move(receiver), from.own, to};
}

Result<std::array<bool, 2>> wait_for(const UniqueFd& first, short first_events,
                                     const UniqueFd& second, short second_events,
                                     Duration patience) {
    std::array<pollfd, 2> waiting{
        {{first.get(), first_events, 0}, {second.get(), second_events, 0}}};
    const auto ms =
        std::chrono::ceil<std::chrono::milliseconds>(std::max(patience, Duration{0})).count();
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(ms)) < 0 && errno != EINTR)
        return Error::from_errno(errno, "wait for a packet");
    return std::array{waiting[0].revents != 0, waiting[1].revents != 0};
}

}  // namespace flatlan::trial
