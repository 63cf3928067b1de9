#include "tools/daemon/metrics_service.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "overlay/linux/boot.hpp"
#include "tools/cli/answers.hpp"
#include "tools/daemon/metrics/node_metrics.hpp"
#include "tools/daemon/metrics/process_metrics.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPath = "/metrics";
constexpr const char* kFlag = "--metrics";
/// Scrapes are seconds apart, by one program or two; who asks for nothing is not waited for.
constexpr lab::ApiLimits kLimits{
    .body_size_max_bytes = 0, .connections_max = 32, .threads = 1, .idle = 2min};

lab::ApiResponse plain(unsigned status, std::string text) {
    return {.status = status, .body = std::move(text), .content_type = Exposition::kContentType};
}

BothClocks both_clocks() {
    return {boot_time_now(), std::chrono::system_clock::now().time_since_epoch()};
}

}  // namespace

lab::ApiResponse MetricsService::answer(const lab::ApiRequest& request) {
    const std::string_view target = request.path;
    if (target.substr(0, target.find('?')) != kPath)
        return plain(404, "not here: the metrics are at /metrics\n");
    if (request.method != "GET") return plain(405, "metrics can only be read: GET /metrics\n");
    return plain(200, metrics());
}

std::string MetricsService::metrics() {
    const NodeService::Parts parts = node_.parts();
    const NodeService::About& about = node_.about();
    Exposition out;
    std::map<std::string, bool> successes;
    write_info(out, {.version = std::string{cli::program_version()},
                     .node = about.node.text(),
                     .cluster = about.cluster.text(),
                     .registry = about.registry,
                     .backend = about.backend,
                     .underlay = parts.underlay,
                     .interface = parts.interface});
    write_counts(out, counts_);
    note(successes, "process", write_process(out));

    std::optional<node::NodeState> state;
    std::optional<ipam::PoolView> view;
    if (parts.leases != nullptr) {
        auto read = parts.leases->view();
        note(successes, "leases", read ? Result<void>{success()} : Result<void>{read.error()});
        if (read) view = std::move(read).value();
    }
    if (parts.reconciler != nullptr) {
        state = parts.reconciler->state();
        write_state(out, *state, both_clocks());
        if (view) write_leases(out, *view, state->pools);
        const auto figures = parts.reconciler->figures();
        note(successes, "tunnel",
             figures ? Result<void>{success()} : Result<void>{figures.error()});
        if (figures) write_tunnel(out, figures.value());
    }
    const auto& common = parts.common;
    write_refusals(out,
                   find_refusals(state, view,
                                 common ? common->tunnel.cluster_prefixes : std::vector<IpPrefix>{},
                                 common ? common->offline_max : std::nullopt, boot_time_now()));
    out.begin("flatlan_scrape_success", Exposition::Type::gauge,
              "Whether that part of the metrics could be read this time.");
    for (const auto& [part, success] : successes)
        out.add({{"part", part}}, std::uint64_t{success ? 1U : 0U});
    return out.text();
}

void MetricsService::note(std::map<std::string, bool>& successes, const std::string& part,
                          const Result<void>& done) {
    successes[part] = done.has_value();
    const std::string text = done ? "" : done.error().to_string();
    const std::lock_guard changing{mutex_};
    if (std::exchange(trouble_[part], text) != text && !text.empty())
        spdlog::warn("metrics of {} cannot be read: {}", part, text);
}

Result<std::unique_ptr<SocketServer>> serve_metrics(const MetricsPlace& place,
                                                    MetricsService& service) {
    const auto answer = [&service](const lab::ApiRequest& request) {
        return service.answer(request);
    };
    FLATLAN_TRY(server, std::visit(
                            [&](const auto& where) {
                                return SocketServer::start(where, kFlag, answer, kLimits);
                            },
                            place));
    spdlog::info("metrics can be read at {}", to_string(place));
    return std::move(server);
}

}  // namespace flatlan::daemon
