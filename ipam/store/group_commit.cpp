// Allocations and releases of a database that many processes share: whoever has the turn does those
// of all that wait.
#include "ipam/store/sqlite_lease_store.hpp"

#include <utility>

namespace flatlan::ipam {

/// A request and what became of it: an answer, a refusal, or neither yet.
struct SqliteLeaseStore::Job {
    RequestBoard::Request posted;
    std::optional<Error> refusal{};
    bool was_committed = false;  ///< by a process that died before it could say so
    bool is_announced = false;   ///< the board says `answered` because of us
};

Result<IpAddresses> SqliteLeaseStore::allocate(const LeaseKey& key, const AddressRequest& request) {
    FLATLAN_TRY(answer, carry_out({LeaseRequest::Verb::allocate, key, request}));
    return answer.addresses;
}

Result<std::optional<IpAddresses>> SqliteLeaseStore::release(const LeaseKey& key) {
    FLATLAN_TRY(answer, carry_out({LeaseRequest::Verb::release, key}));
    return answer.addresses.empty() ? std::nullopt : std::optional{answer.addresses};
}

/// Waits for the turn, or for whoever has it to do this, too.
Result<LeaseAnswer> SqliteLeaseStore::carry_out(const LeaseRequest& request) {
    const std::lock_guard lock{mutex_};
    std::optional<std::int64_t> posted;
    LeaseAnswer answer;
    {
        const auto turn = queue_.lock([&](std::int64_t ticket) {
            if (board_.post(queue_, ticket, request)) posted = ticket;
        });
        if (!turn) return posted ? given_up(*posted, turn.error()) : turn.error();
        const std::int64_t ticket = turn.value().ticket();
        auto own = posted ? board_.find(ticket) : std::nullopt;
        if (own && own->state == RequestBoard::State::done) return *own->answer;
        if (!own) own = RequestBoard::Request{ticket, RequestBoard::State::posted, request, {}};
        std::vector<Job> jobs;
        jobs.push_back({std::move(*own)});
        FLATLAN_TRY(done, take_turn(ticket, jobs));
        answer = done;
        if (jobs.size() > 1) return answer;  // synced for all
    }
    // Whoever comes next has the turn meanwhile. What had nothing to do syncs too: it may have seen
    // what another has not synced yet.
    FLATLAN_TRY_VOID(database().sync());
    return answer;
}

/// What is known by one that waits no more.
Result<LeaseAnswer> SqliteLeaseStore::given_up(std::int64_t ticket, Error why) {
    using State = RequestBoard::State;
    if (const auto hold = board_.try_to_hold()) {
        const auto own = board_.find(ticket);
        if (own && own->state == State::done) return *own->answer;
        if (own && own->state != State::answered) return why;
    }
    return Error{ErrorCode::timed_out, why.text() + ", and may have done this meanwhile"};
}

/// Does the first job and those of all that wait, which are added; the disk is synced where there
/// are any.
Result<LeaseAnswer> SqliteLeaseStore::take_turn(std::int64_t ticket, std::vector<Job>& jobs) {
    using State = RequestBoard::State;
    FLATLAN_TRY_VOID(follow_file());
    // Until they are answered, none of them gives up.
    const auto hold = board_.hold(queue_, ticket);
    if (hold)
        for (auto& waiting : board_.waiting_behind(queue_, ticket))
            if (waiting.state == State::posted || waiting.state == State::answered)
                jobs.push_back({std::move(waiting)});
    // After what waits was read: who wants what its own release frees has written that before.
    if (!journal_.empty()) FLATLAN_TRY_VOID(make_waiting_releases());

    auto done = do_jobs(jobs);
    if (!done && jobs.size() > 1) {
        // Alone it may fit on the disk.
        FLATLAN_TRY_VOID(withdraw_answers(jobs));
        jobs.erase(jobs.begin() + 1, jobs.end());
        done = do_jobs(jobs);
    }
    if (!done) return done.error();
    if (jobs.size() > 1) {
        FLATLAN_TRY_VOID(database().sync());
        say_what_is_done(jobs);
    }
    if (jobs.front().refusal) return *jobs.front().refusal;
    return *jobs.front().posted.answer;
}

/// In one transaction, to be synced.
Result<void> SqliteLeaseStore::do_jobs(std::vector<Job>& jobs) {
    return transact([&]() -> Result<void> {
        // All of them before anything is done, which takes the next numbers of changes.
        for (Job& job : jobs) {
            RequestBoard::Request& posted = job.posted;
            if (posted.answer) {
                FLATLAN_TRY(there, tables().has_change(posted.request, *posted.answer));
                job.was_committed = there;
            }
            if (!job.was_committed) posted.answer.reset();
        }
        for (Job& job : jobs)
            if (!job.was_committed) FLATLAN_TRY_VOID(do_job(job));
        return announce_answers(jobs);
    });
}

/// Inside a transaction. Fails only as a whole: what is refused changes nothing.
Result<void> SqliteLeaseStore::do_job(Job& job) {
    const LeaseRequest& request = job.posted.request;
    LeaseAnswer answer;
    if (request.verb == LeaseRequest::Verb::allocate) {
        auto given = pool_->allocate(request.key, request.wanted);
        if (!given) {
            job.refusal = std::move(given).error();
            return success();
        }
        answer.addresses = given.value();
        FLATLAN_TRY_VOID(
            tables().add_lease({request.key, answer.addresses, request.wanted.origin}));
    } else if (const auto lease = pool_->find(request.key)) {
        answer.addresses = lease->addresses;
        FLATLAN_TRY_VOID(end_lease(options_.clock(), *lease));
    }
    if (!answer.addresses.empty()) {
        FLATLAN_TRY(change, tables().generation());
        answer.change = change;
    }
    job.posted.answer = answer;
    return success();
}

/// Before the transaction is committed: so whoever comes after us, should we die, finds what each
/// was given, and by its number whether that was committed.
Result<void> SqliteLeaseStore::announce_answers(std::vector<Job>& jobs) {
    for (std::size_t i = 1; i < jobs.size(); ++i) {
        Job& job = jobs[i];
        if (job.was_committed || !job.posted.answer) continue;
        job.is_announced = true;
        FLATLAN_TRY_VOID(
            board_.mark(job.posted.ticket, RequestBoard::State::answered, *job.posted.answer));
    }
    return success();
}

/// Of a transaction that failed, before another one gets the numbers of its changes.
Result<void> SqliteLeaseStore::withdraw_answers(const std::vector<Job>& jobs) {
    for (const Job& job : jobs)
        if (job.is_announced)
            FLATLAN_TRY_VOID(board_.mark(job.posted.ticket, RequestBoard::State::posted));
    return success();
}

/// Where this cannot be written, those that wait find in the database what became of them.
void SqliteLeaseStore::say_what_is_done(const std::vector<Job>& jobs) {
    for (std::size_t i = 1; i < jobs.size(); ++i) {
        const RequestBoard::Request& posted = jobs[i].posted;
        static_cast<void>(
            posted.answer ? board_.mark(posted.ticket, RequestBoard::State::done, *posted.answer)
                          : board_.mark(posted.ticket, RequestBoard::State::refused));
    }
}

}  // namespace flatlan::ipam
