#include "overlay/probe/io/lane_driver.hpp"

#include <algorithm>

#include "overlay/probe/io/machine_load.hpp"

namespace flatlan::probe {
namespace {

/// The clock of a round: it stands still while the tester itself cannot run, so that a busy machine
/// is not taken for a network that loses packets.
class RoundClock {
public:
    Instant now() const { return monotonic_now() - stalled_; }
    /// Woken at `woken` by nothing but the time, which was up at `due`.
    void note_waking(Instant due, Instant woken) {
        constexpr Duration kUsualLateness = std::chrono::milliseconds{5};
        if (woken > due + kUsualLateness) stalled_ += woken - due;
    }
    Duration stalled() const { return stalled_; }

private:
    Duration stalled_{};
};

class LaneDriver {
public:
    LaneDriver(Epoll& epoll, LaneSockets& sockets, Round& round)
        : epoll_{epoll}, sockets_{sockets}, round_{round} {}

    Result<void> run(const LaneStay* stay) {
        while (true) {
            send();
            if (stay != nullptr && stay->is_over()) return success();
            if (round_.done()) {
                if (stay == nullptr) return success();
                FLATLAN_TRY_VOID(answer_guests(*stay));
                continue;
            }
            const Instant asked = clock_.now();
            const Instant due = round_.poll_timeout().value_or(asked);
            FLATLAN_TRY(ready, handle_ready(due - asked));
            const Instant woken = clock_.now();
            if (!ready) clock_.note_waking(due, woken);
            if (woken < due) continue;
            FLATLAN_TRY_VOID(drain());
            round_.handle_timeout(woken);
        }
    }
    Duration stalled() const { return clock_.stalled(); }

private:
    void send() {
        while (const auto ended = round_.poll_closed())
            sockets_.close(*ended);
        const Instant now = clock_.now();
        probes_.clear();
        while (const auto probe = round_.poll_probe(now))
            probes_.push_back(*probe);
        if (!probes_.empty()) sockets_.send(now, probes_, round_);
    }

    /// Answers others while the round itself is over.
    Result<void> answer_guests(const LaneStay& stay) {
        constexpr Duration kLook = std::chrono::milliseconds{20};
        stay.on_done(clock_.stalled());
        FLATLAN_TRY_VOID(handle_ready(kLook));
        return success();
    }

    /// Whether anything was ready.
    Result<bool> handle_ready(Duration timeout) {
        FLATLAN_TRY(events, epoll_.wait(timeout));
        const Instant now = clock_.now();
        for (const epoll_event& event : events)
            sockets_.handle_ready(now, event.data.u64, event.events, round_);
        return !events.empty();
    }

    /// Reads all that has arrived, so that nothing that is here counts as missing.
    Result<void> drain() {
        constexpr int kTurnsMax = 64;  // others may send without end
        for (int turn = 0; turn < kTurnsMax; ++turn) {
            FLATLAN_TRY(more, handle_ready(Duration{0}));
            if (!more) break;
        }
        return success();
    }

    Epoll& epoll_;
    LaneSockets& sockets_;
    Round& round_;
    RoundClock clock_;
    std::vector<Probe> probes_;
};

}  // namespace

Result<LaneResult> run_lane(const Field& field, const Lane& lane, std::span<const MemberId> members,
                            std::uint32_t run, Round& round) {
    FLATLAN_TRY(scope, NamespaceScope::here());
    FLATLAN_TRY(epoll, Epoll::open());
    const LaneContext context{field, lane.family, run, epoll, scope};
    FLATLAN_TRY(opened, open_lane(context, lane.protocol, members));
    round.set_faults(opened.faults);
    const RunDelayWatch watch;
    LaneDriver driver{epoll, *opened.sockets, round};
    FLATLAN_TRY_VOID(driver.run(nullptr));
    return LaneResult{round.take_failures(), round.tally(), driver.stalled(), watch.so_far()};
}

Result<LaneResult> drive_lane(Epoll& epoll, LaneSockets& sockets, Round& round,
                              const LaneStay& stay) {
    const RunDelayWatch watch;
    LaneDriver driver{epoll, sockets, round};
    FLATLAN_TRY_VOID(driver.run(&stay));
    return LaneResult{round.take_failures(), round.tally(), driver.stalled(), watch.so_far()};
}

}  // namespace flatlan::probe
