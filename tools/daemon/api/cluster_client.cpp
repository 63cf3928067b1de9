#include "tools/daemon/api/cluster_client.hpp"

#include "overlay/lab/api_client.hpp"
#include "tools/daemon/api/no_daemon.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// Whoever says in this time how it is can be waited for.
constexpr std::chrono::milliseconds kToAnswer = 10s;
/// More than a test takes in which each node keeps silent at each step.
constexpr std::chrono::milliseconds kToTest = 240s;

/// What the daemon answers to a request that takes its time.
Result<std::string> ask(const std::string& socket, const std::string& path,
                        const std::string& record) {
    const auto awake = lab::ask(socket, {"GET", "/v1/node", ""}, kToAnswer);
    if (!awake) return without_daemon(awake.error());
    FLATLAN_TRY(answer, lab::ask(socket, {"POST", path, record}, kToTest));
    return std::move(answer.body);
}

}  // namespace

Result<ClusterAnswer> probe_cluster(const std::string& socket, const std::string& roster) {
    FLATLAN_TRY(answer, ask(socket, "/v1/probes", roster));
    return cluster_answer_from_json(answer);
}

Result<trace::TraceAnswer> trace_cluster(const std::string& socket, const trace::TraceWish& wish) {
    FLATLAN_TRY(answer, ask(socket, "/v1/traces", to_record(wish)));
    return trace_answer_from_json(answer, wish.keep_frames);
}

}  // namespace flatlan::daemon
