#include "overlay/probe/io/trial/trial_runner.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "overlay/base/prng.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/probe/io/machine_load.hpp"
#include "overlay/probe/io/trial/trials.hpp"

namespace flatlan::trial {
namespace {

/// What one trial said.
struct Said {
    std::optional<Shortcoming> shortcoming{};
    std::optional<std::uint32_t> path_mtu_octets{};
    std::uint64_t packets_sent = 0;
    std::uint64_t packets_lost = 0;
    bool late = false;        ///< what did not come may be under way still
    bool overloaded = false;  ///< the machine was too busy for silence to mean anything
};

/// A trial in which something did not come while the tester had to wait itself is held so often.
constexpr int kLateTries = 3;

/// Whoever cannot run for so long lets a trial come to nothing: half of what is waited for.
constexpr Duration held_up_min(TrialKind kind) {
    using std::chrono::milliseconds;
    switch (kind) {
        case TrialKind::path_mtu:
            return milliseconds{350};
        case TrialKind::stream:
            return milliseconds{150};
        case TrialKind::transfer:
            break;
    }
    return milliseconds{750};
}

Result<Said> hold_stream(const TrialGround& ground, const Trial& trial, Prng& prng) {
    Said said;
    constexpr int kStreams = 2;  // what one loses by chance the next does not
    for (int stream = 0; stream < kStreams; ++stream) {
        FLATLAN_TRY(seen, try_stream(ground, trial, prng.next()));
        said.packets_sent += seen.sent;
        said.packets_lost += seen.lost();
        said.shortcoming = judge(seen);
        if (seen.lost() == 0) break;
    }
    return said;
}

/// The threads' common work. Each takes the next trial until there is none.
class Crew {
public:
    Crew(const probe::Field& field, std::span<const Trial> trials, std::uint64_t seed,
         const TrialOptions& options)
        : field_{field}, trials_{trials}, seed_{seed}, options_{options}, pattern_{seed} {
        for (const TrialKind kind : kTrialKinds)
            report_.counts.push_back({.kind = kind});
    }

    void work() {
        auto scope = NamespaceScope::here();
        if (!scope) return fail(std::move(scope).error());
        const probe::RunDelayWatch watch;
        const TrialGround ground{field_, scope.value(), &options_.doors};
        for (std::size_t next = next_++; next < trials_.size(); next = next_++) {
            if (options_.is_over && options_.is_over()) break;
            auto said = hold(ground, trials_[next], seed_ + next);
            if (!said && said.error().code() == ErrorCode::forbidden)
                return fail(std::move(said).error());
            add(trials_[next], said);
        }
        const std::lock_guard lock{mutex_};
        report_.run_delay += watch.so_far();
    }
    Result<TrialReport> take_report() {
        if (failed_) return std::move(*failed_);
        std::erase_if(report_.counts, [](const TrialCount& count) { return count.tried == 0; });
        std::ranges::sort(report_.failures, {}, [](const probe::Failure& failure) {
            return std::pair{failure.pair, failure.lane};
        });
        blame_path_mtu(report_.failures);
        if (report_.run_delay.is_late()) others_.watch_long_enough();
        report_.run_delay += others_.so_far();
        return std::move(report_);
    }

private:
    /// Until it says something that a busy machine does not explain, or has said it often enough.
    Result<Said> hold(const TrialGround& ground, const Trial& trial, std::uint64_t seed) {
        Prng prng{seed};
        for (int tries = 1;; ++tries) {
            const Instant began = probe::monotonic_now();
            const std::uint64_t drops_before = probe::backlog_drops();
            const probe::RunDelayWatch watch;
            FLATLAN_TRY(said, hold_once(ground, trial, prng));
            if (said.shortcoming && said.shortcoming->silent) {
                probe::RunDelay delay = watch.so_far();
                delay += others_.so_far();
                const bool dropped = probe::backlog_drops() > drops_before;
                said.overloaded = dropped || delay.is_heavy() || is_held_up(trial, began);
                said.late = said.overloaded || delay.is_late();
            }
            if (!said.late || tries == kLateTries) return std::move(said);
        }
    }
    bool is_held_up(const Trial& trial, Instant began) const {
        return options_.held_up && options_.doors.contains({trial.pair.to, trial.family}) &&
               options_.held_up(trial.pair.to, began) >= held_up_min(trial.kind);
    }
    Result<Said> hold_once(const TrialGround& ground, const Trial& trial, Prng& prng) {
        switch (trial.kind) {
            case TrialKind::path_mtu: {
                FLATLAN_TRY(seen, try_path_mtu(ground, trial));
                Said said{.shortcoming = judge(seen)};
                if (seen.largest.arrived) said.path_mtu_octets = seen.largest.octets;
                return said;
            }
            case TrialKind::stream:
                return hold_stream(ground, trial, prng);
            case TrialKind::transfer: {
                FLATLAN_TRY(seen, try_transfer(ground, trial, pattern_, options_.transfer_octets));
                return Said{.shortcoming = judge(seen)};
            }
        }
        return Error{ErrorCode::unsupported, "no such trial"};
    }
    /// What kept the tester from trying is told as such.
    Shortcoming shortcoming_of(const Trial& trial, const Error& error) const {
        const auto has_vanished = [&](probe::MemberId member) {
            return !field_.networks[member.value()].has_value() &&
                   !options_.doors.contains({member, trial.family});
        };
        probe::Verdict verdict = probe::Verdict::tester_overloaded;
        if (error.code() == ErrorCode::not_found)
            verdict = has_vanished(trial.pair.from) || has_vanished(trial.pair.to)
                          ? probe::Verdict::pod_missing
                          : probe::Verdict::address_missing;
        return {{probe::Property::arrives, verdict}, error.to_string()};
    }
    void add(const Trial& trial, const Result<Said>& said) {
        const std::lock_guard lock{mutex_};
        TrialCount& count = report_.counts[static_cast<std::size_t>(trial.kind)];
        ++count.tried;
        auto shortcoming =
            said ? said.value().shortcoming : std::optional{shortcoming_of(trial, said.error())};
        if (shortcoming) {
            ++count.failed;
            probe::Evidence evidence;
            evidence.trial = std::move(shortcoming->words);
            if (said && said.value().overloaded) {
                evidence.overloaded = true;
                shortcoming->finding.verdict = probe::Verdict::tester_overloaded;
            }
            report_.failures.push_back(
                {trial.pair, trial.lane(), shortcoming->finding, std::move(evidence)});
        }
        if (!said) return;
        report_.packets_sent += said.value().packets_sent;
        report_.packets_lost += said.value().packets_lost;
        if (said.value().path_mtu_octets)
            Span::widen(report_.path_mtu_octets, *said.value().path_mtu_octets);
    }
    void fail(Error error) {
        const std::lock_guard lock{mutex_};
        if (!failed_) failed_ = std::move(error);
        next_ = trials_.size();
    }

    const probe::Field& field_;
    std::span<const Trial> trials_;
    std::uint64_t seed_;
    TrialOptions options_;
    Pattern pattern_;
    probe::OthersWatch others_{field_.carrier};
    std::atomic<std::size_t> next_ = 0;

    std::mutex mutex_;  // guards what follows
    TrialReport report_;
    std::optional<Error> failed_;
};

}  // namespace

Result<TrialReport> run_trials(const probe::Field& field, std::span<const Trial> trials,
                               std::uint64_t seed, const TrialOptions& options) {
    Crew crew{field, trials, seed, options};
    {
        std::vector<std::jthread> threads;
        const auto wanted = std::min<std::size_t>(options.threads, trials.size());
        for (std::size_t i = 1; i < wanted; ++i)
            threads.emplace_back([&] { crew.work(); });
        crew.work();
    }
    return crew.take_report();
}

}  // namespace flatlan::trial
