#include "overlay/probe/round.hpp"

#include <algorithm>

#include "overlay/base/check.hpp"

namespace flatlan::probe {
namespace {

constexpr std::uint8_t bit_of(std::uint8_t attempt) {
    return static_cast<std::uint8_t>(1U << attempt);
}

}  // namespace

RoundTally& RoundTally::operator+=(const RoundTally& other) {
    checks += other.checks;
    retried += other.retried;
    duplicates += other.duplicates;
    late += other.late;
    strays += other.strays;
    return *this;
}

Round::Round(Lane lane, std::vector<Pair> pairs, const RoundLimits& limits, std::uint32_t run,
             Prng& prng)
    : lane_{lane}, pairs_{std::move(pairs)}, limits_{limits}, run_{run} {
    checks_.reserve(pairs_.size());
    for (std::size_t i = 0; i < pairs_.size(); ++i)
        checks_.push_back(Check{.token = prng.next()});
    tally_.checks = pairs_.size();
}

void Round::set_faults(std::span<const MemberFault> faults) {
    if (faults.empty()) return;
    for (std::uint32_t i = 0; i < checks_.size(); ++i) {
        const auto fault = std::ranges::find_if(faults, [&](const MemberFault& candidate) {
            return candidate.member == pairs_[i].from || candidate.member == pairs_[i].to;
        });
        if (fault == faults.end()) continue;
        anomalies_[i].fault = *fault;
        end(i);
    }
}

void Round::share(const std::vector<bool>& elsewhere, GuestRequests& guests) {
    constexpr std::uint8_t kToldElsewhere = bit_of(7);  // no attempt's
    static_assert(RoundLimits::kTries < 7);
    guests_ = &guests;
    for (std::size_t i = 0; i < checks_.size(); ++i)
        if (elsewhere[pairs_[i].to.value()]) checks_[i].seen_mask = kToldElsewhere;
}

bool Round::handle_request(const Payload& payload, const Sighting& sighting) {
    if (guests_ != nullptr && payload.run != run_)
        return guests_->handle_request(payload, sighting);
    Check* const check = find(payload);
    if (check == nullptr) return false;
    const bool as_sent = sighting.at == pairs_[payload.check].to &&
                         sighting.source == payload.source &&
                         sighting.destination == payload.destination;
    if (as_sent) {
        if ((check->seen_mask & bit_of(payload.attempt)) != 0) {
            ++tally_.duplicates;
            twice_.emplace(payload.check, sighting.at);
        }
        check->seen_mask |= bit_of(payload.attempt);
        compare_hops(payload.check, pairs_[payload.check], sighting);
    } else if (!check->ended) {
        Evidence& evidence = anomalies_[payload.check];
        evidence.source = payload.source;
        evidence.destination = payload.destination;
        if (!evidence.sighting) evidence.sighting = sighting;
    }
    if (!check->ended) end_if_complete(payload.check);
    return false;
}

void Round::handle_answer(const Payload& payload, const Sighting& sighting) {
    Check* const check = find(payload);
    if (check == nullptr) return;
    if (sighting.at != pairs_[payload.check].from) {
        ++tally_.strays;
        return;
    }
    if ((check->answered_mask & bit_of(payload.attempt)) != 0) {
        ++tally_.duplicates;
        twice_.emplace(payload.check, sighting.at);
    } else if (payload.attempt + 1 < check->attempts) {
        ++tally_.late;
    }
    check->answered_mask |= bit_of(payload.attempt);
    land(*check);
    if (check->ended) return;
    const Pair& asked = pairs_[payload.check];
    compare_hops(payload.check, {asked.to, asked.from}, sighting);
    if (sighting.source != payload.destination) {
        Evidence& evidence = anomalies_[payload.check];
        evidence.source = payload.source;
        evidence.destination = payload.destination;
        if (!evidence.answer_from) evidence.answer_from = sighting.source;
    }
    end_if_complete(payload.check);
}

void Round::handle_refusal(Instant now, std::uint32_t index, std::uint64_t token,
                           const Refusal& refusal) {
    if (index >= checks_.size() || checks_[index].token != token) {
        ++tally_.strays;
        return;
    }
    if (checks_[index].ended) return;
    anomalies_[index].refusal = refusal;
    land(checks_[index]);
    // What the tester lacks it may have at the next try; what the network refuses is refused.
    if (refusal.kind == RefusalKind::own_limit) return;
    refused_.push_back({now + limits_.settle, index, 0});
}

void Round::handle_own_limit(int errno_value) {
    for (const auto& waiting : unanswered_)
        for (const Waiting& probe : waiting)
            if (!checks_[probe.check].ended && !anomalies_[probe.check].refusal)
                anomalies_[probe.check].refusal =
                    Refusal{.kind = RefusalKind::own_limit, .errno_value = errno_value};
}

void Round::handle_timeout(Instant now) {
    while (!settling_.empty() && settling_.front().until <= now) {
        Check& check = checks_[settling_.front().check];
        if (check.attempts == settling_.front().attempt + 1) land(check);
        settling_.pop_front();
    }
    while (!refused_.empty() && refused_.front().until <= now) {
        end(refused_.front().check);
        refused_.pop_front();
    }
    for (auto& waiting : unanswered_)
        give_up_waiting(now, waiting);
}

void Round::give_up_waiting(Instant now, std::deque<Waiting>& waiting) {
    for (; !waiting.empty() && waiting.front().until <= now; waiting.pop_front()) {
        const std::uint32_t index = waiting.front().check;
        if (checks_[index].ended) continue;
        if (checks_[index].attempts < RoundLimits::kTries)
            retries_.push_back(index);
        else
            end(index);
    }
}

std::optional<Probe> Round::poll_probe(Instant now) {
    while (!retries_.empty() && checks_[retries_.front()].ended)
        retries_.pop_front();
    while (next_ < checks_.size() && checks_[next_].ended)
        ++next_;
    if (in_flight_ >= limits_.in_flight_max) return std::nullopt;

    std::uint32_t index = 0;
    if (!retries_.empty()) {
        index = retries_.front();
        retries_.pop_front();
        ++tally_.retried;
    } else if (next_ < checks_.size() && open_ < limits_.open_max) {
        index = static_cast<std::uint32_t>(next_++);
        ++open_;
    } else {
        return std::nullopt;
    }

    Check& check = checks_[index];
    const std::uint8_t attempt = check.attempts++;
    FLATLAN_CHECK(attempt < RoundLimits::kTries);
    if (!check.in_flight) ++in_flight_;
    check.in_flight = true;
    settling_.push_back({now + limits_.settle, index, attempt});
    unanswered_[attempt].push_back({now + limits_.patience[attempt], index, attempt});
    return Probe{.pair = pairs_[index], .check = index, .token = check.token, .attempt = attempt};
}

std::optional<std::uint32_t> Round::poll_closed() {
    if (closed_.empty()) return std::nullopt;
    const std::uint32_t index = closed_.front();
    closed_.pop_front();
    return index;
}

std::optional<Instant> Round::poll_timeout() {
    drop_stale();
    std::optional<Instant> earliest;
    const auto consider = [&](const std::deque<Waiting>& waiting) {
        if (waiting.empty()) return;
        if (!earliest || waiting.front().until < *earliest) earliest = waiting.front().until;
    };
    consider(settling_);
    consider(refused_);
    for (const auto& waiting : unanswered_)
        consider(waiting);
    return earliest;
}

void Round::drop_stale() {
    while (!settling_.empty() && !checks_[settling_.front().check].in_flight)
        settling_.pop_front();
    while (!refused_.empty() && checks_[refused_.front().check].ended)
        refused_.pop_front();
    for (auto& waiting : unanswered_)
        while (!waiting.empty() && checks_[waiting.front().check].ended)
            waiting.pop_front();
}

Round::Check* Round::find(const Payload& payload) {
    if (payload.run == run_ && payload.check < checks_.size() &&
        payload.attempt < RoundLimits::kTries && checks_[payload.check].token == payload.token)
        return &checks_[payload.check];
    ++tally_.strays;
    return nullptr;
}

void Round::compare_hops(std::uint32_t check, const Pair& way, const Sighting& sighting) {
    if (hop_rule_ == nullptr || !sighting.ttl || checks_[check].ended) return;
    const auto hops = hop_rule_->hops(way);
    if (!hops || *sighting.ttl == kProbeTtl - *hops) return;
    Evidence& evidence = anomalies_[check];
    if (!evidence.hops)
        evidence.hops =
            HopsSeen{sighting.at, *sighting.ttl, static_cast<std::uint8_t>(kProbeTtl - *hops)};
}

void Round::land(Check& check) {
    if (!check.in_flight) return;
    check.in_flight = false;
    --in_flight_;
}

void Round::end_if_complete(std::uint32_t index) {
    const Check& check = checks_[index];
    if (check.answered_mask == 0) return;
    const auto anomaly = anomalies_.find(index);
    const bool seen_wrongly = anomaly != anomalies_.end() && anomaly->second.sighting;
    if (check.seen_mask != 0 || seen_wrongly) end(index);
}

void Round::end(std::uint32_t index) {
    Check& check = checks_[index];
    if (check.ended) return;
    land(check);
    check.ended = true;
    ++ended_;
    if (check.attempts > 0) {
        --open_;
        closed_.push_back(index);
    }
    const auto anomaly = anomalies_.find(index);
    if (anomaly == anomalies_.end() && check.seen_mask != 0 && check.answered_mask != 0) return;

    Evidence evidence = anomaly != anomalies_.end() ? anomaly->second : Evidence{};
    if (anomaly != anomalies_.end()) anomalies_.erase(anomaly);
    evidence.seen = check.seen_mask != 0;
    evidence.answered = check.answered_mask != 0;
    evidence.tries = check.attempts;
    if (const auto finding = judge(pairs_[index], evidence)) {
        check.failed = true;
        failures_.push_back({pairs_[index], lane_, *finding, evidence});
    }
}

std::vector<Failure> Round::take_failures() {
    // The second of two comes when the check has ended with the first.
    for (const auto& [index, member] : twice_) {
        Check& check = checks_[index];
        if (check.failed || !check.ended) continue;
        Evidence evidence{.seen = true, .answered = true};
        evidence.twice = member;
        evidence.tries = check.attempts;
        if (const auto finding = judge(pairs_[index], evidence)) {
            check.failed = true;
            failures_.push_back({pairs_[index], lane_, *finding, std::move(evidence)});
        }
    }
    return std::move(failures_);
}

}  // namespace flatlan::probe
