#include "tools/daemon/probes/node_trace.hpp"

#include <algorithm>

#include "overlay/probe/io/epoll.hpp"
#include "tools/daemon/probes/served_stretch.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// How long a question is waited for before the registry is asked whether anybody wants the trace,
/// and its answer before the registry hears from us.
constexpr Duration kWait = 50ms;

/// Packets are sent to nobody outside the cluster's flat network, whoever wrote the call.
Result<void> check_ends(const trace::TraceCall& call, const std::vector<IpPrefix>& prefixes) {
    for (const trace::TraceEnd* const end : {&call.from, &call.to})
        if (std::ranges::none_of(
                prefixes, [&](const IpPrefix& prefix) { return prefix.contains(end->address); }))
            return Error{ErrorCode::corrupt, "a trace is asked for of " + to_string(end->address) +
                                                 ", which is no address of the flat network"};
    return success();
}

}  // namespace

Result<void> take_part_in_trace(RunRecords& records, const probe::RunKeys& keys,
                                const NodeName& node, OwnMembers own,
                                const trace::OwnTunnel& tunnel, Instant deadline) {
    FLATLAN_TRY(text, records.await_long(keys.for_all("trace"), deadline));
    FLATLAN_TRY(call, trace::call_from_record(text));
    if (call.from.node != node && call.to.node != node)
        return Error{ErrorCode::interrupted, "the trace does not come by this node"};
    // A node in trouble has named no members; who asks need not have looked at that.
    if (!own.sheet.trouble.empty()) return Error{ErrorCode::unavailable, own.sheet.trouble};
    FLATLAN_TRY_VOID(check_ends(call, own.cluster_prefixes));
    FLATLAN_TRY(stretch, trace::OwnStretch::open(call, node, own.sheet.members,
                                                 std::move(own.networks), tunnel.drops));
    FLATLAN_TRY_VOID(
        records.put(keys.for_asker("ready", node),
                    to_record(trace::TraceReady{tunnel.carrier, stretch->namespaces()})));
    ServedStretch served{std::move(stretch)};
    for (std::size_t number = 0; probe::monotonic_now() < deadline;) {
        const std::string* const question = records.find(keys.question(node, number));
        if (question == nullptr) {
            FLATLAN_TRY_VOID(records.poll(kWait));
            continue;
        }
        auto answer = served.answer(*question);
        while (answer.wait_for(kWait) != std::future_status::ready)
            FLATLAN_TRY_VOID(records.poll(Duration::zero()));
        FLATLAN_TRY_VOID(records.put_long(keys.answer(node, number++), answer.get()));
    }
    return Error{ErrorCode::timed_out, "a trace does not end"};
}

}  // namespace flatlan::daemon
