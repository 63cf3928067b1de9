#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tools/daemon/metrics/daemon_counts.hpp"
#include "tools/daemon/metrics/exposition.hpp"
#include "tools/daemon/metrics/metrics_place.hpp"
#include "tools/daemon/node_service.hpp"
#include "tools/daemon/socket_server.hpp"

namespace flatlan::daemon {

/// Answers Prometheus: GET /metrics, from the daemon's first moment on. What the daemon has not got
/// yet has no metrics yet; what cannot be read is said by flatlan_scrape_success. It reads the node
/// and changes nothing.
class MetricsService {
public:
    /// Both outlive it.
    MetricsService(const NodeService& node, const DaemonCounts& counts)
        : node_{node}, counts_{counts} {}

    lab::ApiResponse answer(const lab::ApiRequest& request);

private:
    std::string metrics();
    /// What a part of the scrape said. Its Error is logged once, and told by the metric.
    void note(std::map<std::string, bool>& successes, const std::string& part,
              const Result<void>& done);

    const NodeService& node_;
    const DaemonCounts& counts_;
    std::mutex mutex_;                            ///< of what follows
    std::map<std::string, std::string> trouble_;  ///< by part
};

/// Has `service` answer at `place`, as long as what this returns lives. Errors name --metrics.
Result<std::unique_ptr<SocketServer>> serve_metrics(const MetricsPlace& place,
                                                    MetricsService& service);

}  // namespace flatlan::daemon
