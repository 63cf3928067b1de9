#include "overlay/probe/io/prober.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <thread>

#include "overlay/linux/random.hpp"
#include "overlay/probe/io/lane_driver.hpp"
#include "overlay/probe/io/machine_load.hpp"
#include "overlay/probe/io/round_trip_sampler.hpp"

namespace flatlan::probe {
namespace {

std::vector<MemberId> members_of(const Plan& plan, std::size_t members) {
    std::vector<bool> takes_part(members);
    for (const Pair& pair : plan.pairs)
        takes_part[pair.from.value()] = takes_part[pair.to.value()] = true;
    std::vector<MemberId> taking_part;
    for (std::uint32_t i = 0; i < members; ++i)
        if (takes_part[i]) taking_part.push_back(MemberId{i});
    return taking_part;
}

/// How many checks of TCP a lane may have open: each holds a descriptor at both ends.
Result<std::size_t> tcp_checks_max(std::size_t members, unsigned workers) {
    constexpr std::size_t kSpare = 64;     // what libraries open, and what each lane needs besides
    constexpr std::size_t kUseful = 4096;  // more than this only fills tables
    constexpr std::size_t kLeast = 16;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return Error::from_errno(errno, "ask for the limit of open files");
    std::error_code failed;
    const auto used = static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator{"/proc/self/fd", failed}, {}));
    const std::size_t needed = used + kSpare + workers * (members + 2 * kLeast);
    if (limit.rlim_cur < needed)
        return Error{ErrorCode::forbidden, "this test needs " + std::to_string(needed) +
                                               " open files, and the limit is " +
                                               std::to_string(limit.rlim_cur)}
            .expecting("a higher `ulimit -n`, or --sample with fewer pairs");
    return std::min(kUseful, kLeast + (limit.rlim_cur - needed) / workers / 2);
}

/// The state that the workers share. Each takes the next lane until there is none.
class Crew {
public:
    Crew(const Field& field, const Plan& plan, const ProberOptions& options, std::uint64_t seed,
         std::size_t tcp_open_max)
        : field_{field},
          plan_{plan},
          options_{options},
          seed_{seed},
          tcp_open_max_{tcp_open_max},
          taking_part_{members_of(plan, field.members.size())} {}

    void work() {
        for (std::size_t lane = next_lane_++; lane < plan_.lanes.size(); lane = next_lane_++) {
            auto result = run_one(lane);
            const std::lock_guard lock{mutex_};
            if (result)
                add(std::move(result).value());
            else if (!failed_)
                failed_ = std::move(result).error();
            if (failed_) return;
        }
    }
    Result<Report> take_report() {
        if (failed_) return std::move(*failed_);
        std::ranges::sort(report_.failures, {}, [](const Failure& failure) {
            return std::pair{failure.pair, failure.lane};
        });
        return std::move(report_);
    }

private:
    Result<LaneResult> run_one(std::size_t place) {
        const Lane& lane = plan_.lanes[place];
        RoundLimits limits = options_.limits;
        if (lane.protocol == Protocol::tcp)
            limits.open_max = std::min(limits.open_max, tcp_open_max_);
        std::vector<Pair> pairs;
        std::ranges::copy_if(plan_.pairs, std::back_inserter(pairs),
                             [&](const Pair& pair) { return can_try(field_.members, pair, lane); });
        std::vector<MemberId> members;
        std::ranges::copy_if(taking_part_, std::back_inserter(members), [&](MemberId member) {
            return field_.members[member.value()].addresses.find(lane.family).has_value();
        });
        Prng prng{seed_ + place};
        const auto run = static_cast<std::uint32_t>(seed_ >> 32U);
        Round round{lane, std::move(pairs), limits, run, prng};
        round.expect_hops(options_.hops);
        auto result = run_lane(field_, lane, members, run, round);
        if (!result) return std::move(result).error().within("test " + to_string(lane));
        return result;
    }
    void add(LaneResult result) {
        report_.tally += result.tally;
        report_.stalled += result.stalled;
        report_.run_delay += result.run_delay;
        std::ranges::move(result.failures, std::back_inserter(report_.failures));
    }

    const Field& field_;
    const Plan& plan_;
    const ProberOptions& options_;
    std::uint64_t seed_;
    std::size_t tcp_open_max_;
    std::vector<MemberId> taking_part_;
    std::atomic<std::size_t> next_lane_ = 0;

    std::mutex mutex_;  // guards what follows
    Report report_;
    std::optional<Error> failed_;
};

/// Tries each pair on each lane.
Result<Report> run_lanes(const Field& field, const Plan& plan, const ProberOptions& options,
                         std::uint64_t seed) {
    const Instant started = monotonic_now();
    const std::uint64_t drops_before = backlog_drops();
    const OthersWatch others{field.carrier};
    const unsigned workers =
        std::max(1U, std::min(options.workers, static_cast<unsigned>(plan.lanes.size())));
    FLATLAN_TRY(tcp_open_max, tcp_checks_max(field.members.size(), workers));
    Crew crew{field, plan, options, seed, tcp_open_max};
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 1; i < workers; ++i)
            threads.emplace_back([&] { crew.work(); });
        crew.work();
    }
    FLATLAN_TRY(report, crew.take_report());
    report.backlog_drops = backlog_drops() - drops_before;
    report.took = monotonic_now() - started;
    if (report.run_delay.is_late()) others.watch_long_enough();
    report.run_delay += others.so_far();
    return report;
}

/// Where the machine could not keep up, tries once more, and gently, what failed in silence: what
/// holds now was the tester's own trouble, and what nobody can tell is called so.
Result<void> confirm(const Field& field, const Plan& plan, const ProberOptions& options,
                     std::uint64_t seed, Report& report) {
    constexpr std::size_t kConfirmedMax = 2000;
    constexpr std::size_t kGentle = 16;
    constexpr int kMorePatience = 3;
    const Plan again = plan_to_confirm(plan, report.failures, kConfirmedMax);
    if (again.pairs.empty()) return success();
    ProberOptions gentle = options;
    gentle.workers = 1;
    gentle.limits.in_flight_max = kGentle;
    for (Duration& patience : gentle.limits.patience)
        patience *= kMorePatience;
    // Of another run: an answer to the first one that comes late is none to this.
    constexpr std::uint64_t kNextRun = std::uint64_t{1} << 32U;
    FLATLAN_TRY(second, run_lanes(field, again, gentle, seed + kNextRun));
    confirm_failures(report.failures, again, second);
    return success();
}

}  // namespace

Result<Report> run_plan(const Field& field, const Plan& plan, const ProberOptions& options) {
    const Instant started = monotonic_now();
    FLATLAN_TRY(seed, draw_random());
    FLATLAN_TRY(report, run_lanes(field, plan, options, seed));
    if (report.may_be_late()) FLATLAN_TRY_VOID(confirm(field, plan, options, seed, report));
    FLATLAN_TRY(samples,
                sample_round_trips(field, plan, report.failures, seed, options.round_trip_samples));
    report.round_trip = round_trip_of(std::move(samples));
    report.took = monotonic_now() - started;
    return report;
}

}  // namespace flatlan::probe
