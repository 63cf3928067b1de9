#include "tools/daemon/api/cluster_client.hpp"

#include "overlay/lab/api_client.hpp"

namespace flatlan::daemon {

Result<ClusterAnswer> probe_cluster(const std::string& socket, const std::string& roster) {
    FLATLAN_TRY(answer, lab::ask(socket, {"POST", "/v1/probes", roster}));
    return cluster_answer_from_json(answer.body);
}

}  // namespace flatlan::daemon
