#include "tools/daemon/api/cluster_client.hpp"

#include "overlay/lab/api_client.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// Whoever says in this time how it is can be waited for.
constexpr std::chrono::milliseconds kToAnswer = 10s;
/// More than a test takes in which each node keeps silent at each step.
constexpr std::chrono::milliseconds kToTest = 240s;

}  // namespace

Result<ClusterAnswer> probe_cluster(const std::string& socket, const std::string& roster) {
    FLATLAN_TRY(awake, lab::ask(socket, {"GET", "/v1/node", ""}, kToAnswer));
    static_cast<void>(awake);
    FLATLAN_TRY(answer, lab::ask(socket, {"POST", "/v1/probes", roster}, kToTest));
    return cluster_answer_from_json(answer.body);
}

}  // namespace flatlan::daemon
