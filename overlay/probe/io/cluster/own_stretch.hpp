#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/probe/cluster/trace/question.hpp"
#include "overlay/probe/cluster/trace/trace_call.hpp"
#include "overlay/probe/io/trace/stage.hpp"

namespace flatlan::trace {

/// A node's own end of the tunnel.
struct OwnTunnel {
    Carrier carrier = Carrier::vxlan;
    /// What it has dropped so far, as Grounds::tunnel_drops; none where it is no program.
    std::function<Result<Counters>()> drops{};
};

/// A node's own part of a trace's way: answers of its members' kernels, and sends, answers and
/// captures there. Changes nothing but the filters' tracing, which goes with this, and, where there
/// are legacy tables of iptables, the kernel's logger for it (nf_log). One thread's.
class OwnStretch {
public:
    /// One namespace for each of the members, the node itself first; none where it has vanished.
    /// `drops` as of OwnTunnel.
    /// Error corrupt when the call is of other members.
    static Result<std::unique_ptr<OwnStretch>> open(const TraceCall& call, const NodeName& node,
                                                    std::span<const probe::Member> members,
                                                    std::vector<std::optional<Namespace>> networks,
                                                    std::function<Result<Counters>()> drops = {});

    /// The members' namespaces, as of TraceReady.
    std::map<std::string, std::uint64_t> namespaces() const;
    const Atlas& atlas() const { return atlas_; }
    /// What is answered to a question, a record; a failure is one too.
    std::string answer(const Question& question);
    /// Whether packets may come, of which somebody has to take care while nothing is asked.
    bool is_watching() const { return stage_.has_value(); }
    /// Takes in what passes, and answers it, for so long.
    void tend(Duration time);

private:
    OwnStretch(const TraceCall& call, Atlas atlas, std::vector<std::optional<Namespace>> networks);

    Result<std::string> try_answer(const Question& question);
    ExchangeSpec spec() const;
    Result<EndRecord> listen();
    Result<EndRecord> watch(const AskWatch& asked);
    Result<Observation> send(const AskSend& asked);
    Result<Observation> see();
    bool is_here(PlaceId place) const { return networks_[place.value()].has_value(); }
    /// Notes since when packets have had to wait, if `planned` was meant to pass.
    void note_stall(Duration planned);

    TraceCall call_;
    Atlas atlas_;
    std::vector<std::optional<Namespace>> networks_;
    Grounds grounds_{atlas_, networks_, {}};
    KernelInquiry inquiry_{atlas_, networks_};
    CallEnds ends_{PlaceId{0}, PlaceId{0}};
    std::unique_ptr<Exchange> sockets_;  ///< until the stage has them
    std::optional<Stage> stage_;
    std::vector<KeptFrame> frames_;  ///< of the last packets of which was told
    Instant looked_at_{};            ///< when the stage's packets were looked after last
    Duration stalled_{};             ///< the longest that they had to wait
};

}  // namespace flatlan::trace
