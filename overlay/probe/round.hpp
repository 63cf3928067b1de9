#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "overlay/base/prng.hpp"
#include "overlay/base/time.hpp"
#include "overlay/probe/hop_rule.hpp"
#include "overlay/probe/judge.hpp"
#include "overlay/probe/payload.hpp"

namespace flatlan::probe {

/// How hard and how long a round tries.
struct RoundLimits {
    static constexpr std::size_t kTries = 3;

    /// Probes sent a moment ago and not answered yet. It keeps all queues on the way short: one
    /// processor's backlog holds 1,000 packets (net.core.netdev_max_backlog), a socket some 250.
    std::size_t in_flight_max = 256;
    /// Checks begun and not ended; for TCP each holds a descriptor or two.
    std::size_t open_max = 65'536;
    /// After this time an unanswered probe counts as lost for `in_flight_max`, though an answer is
    /// still waited for: unreachable pairs must not hold up the others.
    Duration settle = std::chrono::milliseconds{10};
    /// How long the answer to each try is waited for. Growing, since what one short wait takes for
    /// a loss may be a busy machine.
    std::array<Duration, kTries> patience{std::chrono::milliseconds{150},
                                          std::chrono::milliseconds{300},
                                          std::chrono::milliseconds{600}};
};

/// Which probe a socket is to send now.
struct Probe {
    Pair pair;
    std::uint32_t check;
    std::uint64_t token;
    std::uint8_t attempt;
};

/// Is told of requests that are none of a round's own but of another one's of the same test, whose
/// senders are on another machine.
class GuestRequests {
public:
    virtual ~GuestRequests() = default;
    /// Whether it is one of those, and to be answered.
    virtual bool handle_request(const Payload& payload, const Sighting& sighting) = 0;
};

/// What a round has counted besides its failures.
struct RoundTally {
    std::uint64_t checks = 0;
    std::uint64_t retried = 0;     ///< probes sent again
    std::uint64_t duplicates = 0;  ///< requests or answers that came twice
    std::uint64_t late = 0;        ///< answers to a try that had been given up
    std::uint64_t strays = 0;      ///< packets that claimed to be ours and were not
    RoundTally& operator+=(const RoundTally& other);
};

/// One lane of a plan as a machine without I/O: says which probe to send, is told what the sockets
/// saw, and ends with the failures. It keeps 24 octets a check; what deviates is kept beside.
class Round {
public:
    /// `pairs` are those that can be tried on the lane, `run` the number of this run of the tester.
    /// Chance is drawn for the tokens.
    Round(Lane lane, std::vector<Pair> pairs, const RoundLimits& limits, std::uint32_t run,
          Prng& prng);
    /// Packets between the members must be forwarded as often as the rule says. Before anything
    /// else; the rule must outlive the round.
    void expect_hops(const HopRule* rule) { hop_rule_ = rule; }
    /// Receivers on other machines (true at a member's place): what they see is told there and not
    /// here, so a check of theirs is complete, and counts as seen, once it is answered. Requests of
    /// other machines go to `guests`, which must outlive the round. Before anything else.
    void share(const std::vector<bool>& elsewhere, GuestRequests& guests);
    /// Ends at once all checks from or to a member that cannot take part. Before anything else.
    void set_faults(std::span<const MemberFault> faults);

    // Inputs. After each batch of them, drain poll_closed and poll_probe.

    /// A request was seen: by whom, and what its header said. True for a guest's that is to be
    /// answered.
    bool handle_request(const Payload& payload, const Sighting& sighting);
    /// An answer was seen, likewise; it counts when it came back to the sender.
    void handle_answer(const Payload& payload, const Sighting& sighting);
    /// A probe was refused. It ends the check a moment later, so that what was seen elsewhere
    /// counts.
    void handle_refusal(Instant now, std::uint32_t check, std::uint64_t token,
                        const Refusal& refusal);
    /// The tester ran out of something, nobody knows for which probe: whatever is waited for now
    /// and does not come is not held against the network.
    void handle_own_limit(int errno_value);
    /// Time has passed. Before it, tell all that has arrived.
    void handle_timeout(Instant now);

    // Outputs.

    /// The next probe to send, as far as the limits let it go.
    std::optional<Probe> poll_probe(Instant now);
    /// A check that ended, and holds nothing any more: a TCP connection can be closed.
    std::optional<std::uint32_t> poll_closed();
    /// When handle_timeout is due; empty when nothing is waited for.
    std::optional<Instant> poll_timeout();
    /// Whether each check has ended.
    bool done() const { return ended_ == checks_.size(); }

    const Pair& pair(std::uint32_t check) const { return pairs_[check]; }
    const RoundTally& tally() const { return tally_; }
    /// In the order in which they ended; takes them out. Once, at the end.
    std::vector<Failure> take_failures();

private:
    struct Check {
        std::uint64_t token;
        std::uint8_t attempts = 0;       ///< probes sent
        std::uint8_t seen_mask = 0;      ///< bit per attempt: the receiver saw it
        std::uint8_t answered_mask = 0;  ///< bit per attempt: it was answered
        bool in_flight = false;
        bool ended = false;
        bool failed = false;
    };
    struct Waiting {
        Instant until;
        std::uint32_t check;
        std::uint8_t attempt;
    };

    Check* find(const Payload& payload);
    /// Notes a packet of the check that was forwarded too often or too rarely.
    void compare_hops(std::uint32_t check, const Pair& way, const Sighting& sighting);
    /// Ends the check if it was seen, or seen wrongly, and answered, or answered wrongly.
    void end_if_complete(std::uint32_t index);
    void end(std::uint32_t index);
    /// It no longer counts for `in_flight_max`.
    void land(Check& check);
    void give_up_waiting(Instant now, std::deque<Waiting>& waiting);
    void drop_stale();

    Lane lane_;
    std::vector<Pair> pairs_;
    RoundLimits limits_;
    std::uint32_t run_;
    std::vector<Check> checks_;
    std::unordered_map<std::uint32_t, Evidence> anomalies_;
    std::unordered_map<std::uint32_t, MemberId> twice_;  ///< who received something of it twice
    const HopRule* hop_rule_ = nullptr;
    GuestRequests* guests_ = nullptr;

    std::size_t next_ = 0;               ///< the first check that has not begun
    std::deque<std::uint32_t> retries_;  ///< checks to be tried again
    std::size_t open_ = 0;               ///< checks begun and not ended
    std::size_t in_flight_ = 0;
    std::size_t ended_ = 0;
    // Each by time, since what is waited for is the same for all in it.
    std::deque<Waiting> settling_;
    std::deque<Waiting> refused_;
    std::array<std::deque<Waiting>, RoundLimits::kTries> unanswered_;  ///< one per attempt
    std::deque<std::uint32_t> closed_;
    std::vector<Failure> failures_;
    RoundTally tally_;
};

}  // namespace flatlan::probe
