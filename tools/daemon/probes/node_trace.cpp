#include "tools/daemon/probes/node_trace.hpp"

#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/io/cluster/own_stretch.hpp"
#include "overlay/probe/io/epoll.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// How long packets are looked after before the next question is looked for.
constexpr Duration kTend = 10ms;
constexpr Duration kWait = 50ms;

std::string answer_to(trace::OwnStretch& stretch, const std::string& record) {
    const auto question = trace::question_from_record(record, stretch.atlas());
    return question ? stretch.answer(question.value()) : trace::to_record(question.error());
}

}  // namespace

Result<void> take_part_in_trace(RunRecords& records, const probe::RunKeys& keys,
                                const NodeName& node, OwnMembers own, trace::Carrier carrier,
                                Instant deadline) {
    FLATLAN_TRY(text, records.await_long(keys.for_all("trace"), deadline));
    FLATLAN_TRY(call, trace::call_from_record(text));
    if (call.from.node != node && call.to.node != node)
        return Error{ErrorCode::interrupted, "the trace does not come by this node"};
    FLATLAN_TRY(stretch,
                trace::OwnStretch::open(call, node, own.sheet.members, std::move(own.networks)));
    FLATLAN_TRY_VOID(records.put(keys.for_asker("ready", node),
                                 to_record(trace::TraceReady{carrier, stretch->namespaces()})));
    for (std::size_t number = 0; probe::monotonic_now() < deadline;) {
        const std::string* const question = records.find(keys.question(node, number));
        if (question != nullptr) {
            const std::string answer = answer_to(*stretch, *question);
            FLATLAN_TRY_VOID(records.put_long(keys.answer(node, number++), answer));
            continue;
        }
        if (stretch->is_watching()) stretch->tend(kTend);
        FLATLAN_TRY_VOID(records.poll(stretch->is_watching() ? Duration::zero() : kWait));
    }
    return Error{ErrorCode::timed_out, "a trace does not end"};
}

}  // namespace flatlan::daemon
