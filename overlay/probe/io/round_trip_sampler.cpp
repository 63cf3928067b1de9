#include "overlay/probe/io/round_trip_sampler.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <map>
#include <set>

#include "overlay/probe/io/echo_socket.hpp"
#include "overlay/probe/io/sockets.hpp"

namespace flatlan::probe {
namespace {

/// Long enough that processors rest between two echoes and caches hold other things, as between two
/// of ping(8): one echo a millisecond took half as long as one in a second, at 5 ms and more hardly
/// less.
constexpr Duration kPause = std::chrono::milliseconds{10};
constexpr Duration kPatience = std::chrono::milliseconds{200};
/// So many answers may stay away before the sampler gives up.
constexpr std::size_t kMissesMax = 5;

/// Wall time, the clock of SO_TIMESTAMPNS.
Duration wall_now() {
    timespec now{};
    FLATLAN_CHECK(::clock_gettime(CLOCK_REALTIME, &now) == 0);
    return std::chrono::seconds{now.tv_sec} + Duration{now.tv_nsec};
}

std::vector<Pair> candidates(const Field& field, const Plan& plan,
                             std::span<const Failure> failures, const Lane& lane) {
    std::set<Pair> failed;
    for (const Failure& failure : failures)
        failed.insert(failure.pair);
    std::vector<Pair> pairs;
    std::ranges::copy_if(plan.pairs, std::back_inserter(pairs), [&](const Pair& pair) {
        return pair.from != pair.to && can_try(field.members, pair, lane) && !failed.contains(pair);
    });
    return pairs;
}

class Sampler {
public:
    Sampler(const Field& field, IpFamily family, std::uint64_t seed, NamespaceScope& scope)
        : field_{field}, family_{family}, prng_{seed}, scope_{scope} {}

    /// Empty when no answer came in time.
    Result<std::optional<Duration>> take(const Pair& pair) {
        FLATLAN_TRY(socket, socket_of(pair.from));
        const Port identifier{static_cast<std::uint16_t>(prng_.next())};
        const Payload payload{.run = static_cast<std::uint32_t>(prng_.next()),
                              .token = prng_.next(),
                              .source = {field_.address(pair.from, family_), identifier},
                              .destination = {field_.address(pair.to, family_), Port::any()}};
        add_echo_request(outgoing_, payload);
        bool sent = true;
        const Duration before = wall_now();
        outgoing_.send(socket, [&](std::size_t, int) { sent = false; });
        if (!sent) return std::optional<Duration>{};
        Duration left = before;
        for (const Datagram& message : incoming_.receive(socket, MSG_ERRQUEUE))
            left = read_send_time(*message.header).value_or(left);
        return wait_for(socket, payload, left);
    }

private:
    Result<int> socket_of(MemberId member) {
        if (const auto known = sockets_.find(member); known != sockets_.end())
            return known->second.get();
        FLATLAN_TRY_VOID(scope_.move_to(*field_.networks[member.value()]));
        FLATLAN_TRY(socket, open_echo_socket(family_));
        FLATLAN_TRY_VOID(set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS"));
        FLATLAN_TRY_VOID(report_send_times(socket));
        return sockets_.emplace(member, std::move(socket)).first->second.get();
    }

    Result<std::optional<Duration>> wait_for(int socket, const Payload& payload, Duration before) {
        const Instant deadline = monotonic_now() + kPatience;
        for (Instant now = monotonic_now(); now < deadline; now = monotonic_now()) {
            pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
            const auto ms = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
            if (::poll(&waiting, 1, static_cast<int>(ms.count())) < 0 && errno != EINTR)
                return Error::from_errno(errno, "wait for an echo reply");
            for (const Datagram& datagram : incoming_.receive(socket)) {
                const auto seen = read_echo(family_, datagram);
                if (!seen || seen->kind != EchoSeen::Kind::reply || seen->payload != payload)
                    continue;
                const auto received = read_timestamp(*datagram.header);
                // The wall clock may be set while we wait.
                if (received && *received > before) return std::optional{*received - before};
            }
        }
        return std::optional<Duration>{};
    }

    const Field& field_;
    IpFamily family_;
    Prng prng_;
    NamespaceScope& scope_;
    std::map<MemberId, UniqueFd> sockets_;
    SendBatch outgoing_;
    ReceiveBatch incoming_;
};

void pause() {
    const timespec span{.tv_sec = 0, .tv_nsec = kPause.count()};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &span, nullptr);
}

}  // namespace

Result<std::vector<Duration>> sample_round_trips(const Field& field, const Plan& plan,
                                                 std::span<const Failure> failures,
                                                 std::uint64_t seed, std::size_t count) {
    std::vector<Duration> samples;
    const auto lane = std::ranges::find(plan.lanes, Protocol::icmp, &Lane::protocol);
    if (lane == plan.lanes.end()) return samples;
    const auto pairs = candidates(field, plan, failures, *lane);
    if (pairs.empty()) return samples;

    FLATLAN_TRY(scope, NamespaceScope::here());
    Sampler sampler{field, lane->family, seed, scope};
    Prng prng{seed};
    std::size_t misses = 0;
    while (samples.size() + misses < count && misses < kMissesMax) {
        FLATLAN_TRY(sample, sampler.take(pairs[prng.below(pairs.size())]));
        if (sample)
            samples.push_back(*sample);
        else
            ++misses;
        pause();
    }
    return samples;
}

}  // namespace flatlan::probe
