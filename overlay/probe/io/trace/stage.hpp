#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/probe/io/trace/counters.hpp"
#include "overlay/probe/io/trace/exchange.hpp"
#include "overlay/probe/io/trace/filter_watch.hpp"
#include "overlay/probe/io/trace/tracer.hpp"

namespace flatlan::trace {

/// One real exchange, watched at every place of its way.
class Stage {
public:
    /// Begins to watch the places, the sender's first, in the order of the way; their filters too,
    /// where there are any.
    static Result<Stage> open(const Grounds& grounds, KernelInquiry& inquiry,
                              std::vector<PlaceId> places, const ExchangeSpec& spec);
    /// The same around sockets that are open, whose trail may be known better by now; null: an end
    /// has no address to open them at, and nothing is sent or watched.
    static Result<Stage> watch(const Grounds& grounds, KernelInquiry& inquiry,
                               std::span<const PlaceId> places, const ExchangeSpec& spec,
                               std::unique_ptr<Exchange> exchange, Trail trail);

    Stage(Stage&&) = default;
    Stage& operator=(Stage&&) = delete;
    /// Ends all captures at once, since the kernel lets each wait.
    ~Stage();

    /// Sends the small packets and waits until all are answered, at most so long.
    void try_small(Duration patience);
    /// Waits on for those that are not answered yet.
    void wait_small(Duration patience);
    /// The same with packets of that size, a few one after another: the first may be what teaches a
    /// tunnel its path MTU (RFC 1191).
    void try_large(std::uint32_t size_bytes, Duration patience);
    /// Takes in what passes, and answers it, for so long.
    void tend(Duration time);
    /// All that was seen so far, counters and filters included.
    Result<Observation> look();
    /// The same, for the last time: the filters are watched no longer.
    Result<Observation> finish();

    /// What came of the packets so far; the rest only a look tells.
    const Observation& seen() const { return seen_; }
    /// Whether somebody told their sender of an error (ICMP).
    bool told_error() const { return told_error_; }
    std::vector<KeptFrame> take_frames() { return std::move(frames_); }

private:
    Stage() = default;

    template <typename Done>
    void pump(Duration patience, Done done);
    /// Takes in what has come, at most so much that time can be looked at; whether that was all.
    bool drain();
    enum class Filters : std::uint8_t { go_on, end };

    Result<Observation> collect(Filters filters);
    void note_sightings(Observation& seen);
    Result<void> count_drops(Observation& seen);

    struct Watched {
        PlaceId place;
        PacketCapture capture;
        Counters before;
    };

    const Grounds* grounds_ = nullptr;
    KernelInquiry* inquiry_ = nullptr;
    Flow flow_{PlaceId{0}, PlaceId{0}, Ipv4Address{}, Ipv4Address{}};
    Trail trail_;
    std::unique_ptr<Exchange> exchange_;
    std::vector<Watched> watched_;  ///< the sender's place first
    std::vector<FilterWatch> filters_;
    std::vector<KeptFrame> frames_;
    Observation seen_;
    bool told_error_ = false;  ///< an ICMP error came to the sender
    std::map<PlaceId, Counters> tunnels_before_;
};

}  // namespace flatlan::trace
