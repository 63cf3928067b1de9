#include "overlay/lab/supervisor.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "overlay/base/undo.hpp"
#include "overlay/lab/api_server.hpp"
#include "overlay/lab/api_values.hpp"
#include "overlay/lab/change_queue.hpp"
#include "overlay/lab/children.hpp"
#include "overlay/lab/container_places.hpp"
#include "overlay/lab/fault_service.hpp"
#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/world.hpp"
#include "overlay/pod/container/cgroups.hpp"

namespace flatlan::lab {
namespace {

constexpr std::string_view kPodsPath = "/v1/pods/";
constexpr std::string_view kNodesPath = "/v1/nodes/";
constexpr std::string_view kFaultsPath = "/v1/faults";
constexpr std::string_view kRemoveFaultsPath = "/v1/faults/remove/";
constexpr std::string_view kContainersPart = "/containers/";

/// Changes may wait on some while others ask.
constexpr std::size_t kThreads = ChangeQueue::kRequestsMax + 4;

/// What the API's requests do to the world. Called on several threads; one change at a time.
class Service {
public:
    Service(World& world, ChangeQueue& changes)
        : world_{world}, changes_{changes}, faults_{world} {}

    ApiResponse answer(const ApiRequest& request) {
        auto response = route(request);
        if (!response) return refuse(response.error());
        return std::move(response).value();
    }

private:
    Result<ApiResponse> route(const ApiRequest& request) {
        const std::string_view path = request.path;
        if (request.method == "GET" && path == "/v1/lab")
            return ApiResponse{200, to_json(world_.status())};
        if (request.method == "GET" && path == "/v1/lab/daemons")
            return ApiResponse{200, to_json(world_.status_with_daemons())};
        if (request.method == "GET" && path == "/v1/lab/peers")
            return ApiResponse{200, to_json(world_.status_with_peers())};
        if (request.method == "GET" && path.starts_with(kPodsPath))
            return pod_descriptors(path.substr(kPodsPath.size()));
        if (request.method == "GET" && path.starts_with(kNodesPath))
            return node_descriptors(path.substr(kNodesPath.size()));
        if (request.method == "GET" && path == "/v1/underlay") return underlay_descriptors();
        if (request.method == "GET" && path == "/v1/ipam") return ipam();
        if (request.method == "POST" && path == "/v1/ipam/release") return release(request.body);
        if (request.method == "POST" && path == "/v1/apply") return apply(request.body);
        if (request.method == "POST" && path == "/v1/scale") return scale(request.body);
        if (request.method == "POST" && path.starts_with(kNodesPath))
            return power(path.substr(kNodesPath.size()));
        if (request.method == "POST" && path == "/v1/upkeep/on") return set_upkeep(true);
        if (request.method == "POST" && path == "/v1/upkeep/off") return set_upkeep(false);
        if (path.starts_with(kFaultsPath)) return change_faults(request);
        if (request.method == "POST" && path == "/v1/down") return down();
        return Error{ErrorCode::not_found, "no " + request.method + " " + request.path}.expecting(
            "one of the requests of overlay/lab/api_message.hpp");
    }

    Result<ApiResponse> pod_descriptors(std::string_view name) {
        if (const auto at = name.find(kContainersPart); at != name.npos)
            return container_entry(name.substr(0, at), name.substr(at + kContainersPart.size()));
        FLATLAN_TRY(pod, PodName::from_text(name));
        FLATLAN_TRY(descriptors, world_.descriptors_of(pod));
        return ApiResponse{200, to_json(descriptors)};
    }

    Result<ApiResponse> container_entry(std::string_view name, std::string_view container) {
        FLATLAN_TRY(pod, PodName::from_text(name));
        FLATLAN_TRY(entry, world_.entry_of(pod, std::string{container}));
        return ApiResponse{200, to_json(entry)};
    }

    Result<ApiResponse> node_descriptors(std::string_view name) {
        FLATLAN_TRY(node, NodeName::from(name));
        FLATLAN_TRY(descriptors, world_.descriptors_of(node));
        return ApiResponse{200, to_json(descriptors)};
    }

    Result<ApiResponse> underlay_descriptors() {
        FLATLAN_TRY(descriptors, world_.descriptors_of_underlay());
        return ApiResponse{200, to_json(descriptors)};
    }

    Result<ApiResponse> ipam() {
        FLATLAN_TRY(survey, world_.survey_ipam());
        IpamReport report = report_of(survey);
        report.lab = world_.status().lab.text();
        return ApiResponse{200, to_json(report)};
    }

    Result<ApiResponse> release(const std::string& body) {
        FLATLAN_TRY(leases, leases_from_json(body));
        const auto turn = changes_.take("ipam gc");
        if (!turn) return turn.error();
        FLATLAN_TRY(released, world_.release_unused(leases));
        spdlog::info("released {} of {} leases that nobody used", released.size(), leases.size());
        return ApiResponse{200, to_json(released)};
    }

    Result<ApiResponse> apply(const std::string& body) {
        FLATLAN_TRY(request, apply_request_from_json(body));
        FLATLAN_TRY(wanted, parse_lab_file(request.text, request.file));
        FLATLAN_TRY(turn, changes_.take("apply " + request.file));
        FLATLAN_TRY(report, world_.apply(wanted.spec, turn));
        if (!turn.note().empty()) report.notes.push_back(turn.note());
        spdlog::info("applied {}: {} nodes added, {} removed, {} pods added, {} removed",
                     request.file, report.nodes_added, report.nodes_removed, report.pods_added,
                     report.pods_removed);
        return ApiResponse{200, to_json(report)};
    }

    Result<ApiResponse> scale(const std::string& body) {
        FLATLAN_TRY(request, scale_request_from_json(body));
        FLATLAN_TRY(turn, changes_.take("scale " + request.kind + "/" + request.name));
        FLATLAN_TRY(report, world_.scale(request, turn));
        if (!turn.note().empty()) report.changes.notes.push_back(turn.note());
        spdlog::info("scaled {} '{}' from {} to {} pods", request.kind, request.name, report.before,
                     request.replicas);
        return ApiResponse{200, to_json(report)};
    }

    /// "NAME/stop" or "NAME/start".
    Result<ApiResponse> power(std::string_view order) {
        const std::size_t slash = order.find('/');
        const std::string_view wanted = slash == order.npos ? "" : order.substr(slash + 1);
        if (wanted != "stop" && wanted != "start")
            return Error{ErrorCode::not_found, "nothing to do with a node"}.expecting(
                "/v1/nodes/NAME/stop or /v1/nodes/NAME/start");
        FLATLAN_TRY(node, NodeName::from(order.substr(0, slash)));
        FLATLAN_TRY(turn, changes_.take("node " + std::string{wanted} + " " + node.text()));
        FLATLAN_TRY_VOID(wanted == "stop" ? world_.stop_node(node, turn)
                                          : world_.start_node(node, turn));
        spdlog::info("{} node {}", wanted == "stop" ? "stopped" : "started", node.text());
        return ApiResponse{200, "{}"};
    }

    Result<ApiResponse> change_faults(const ApiRequest& request) {
        const std::string_view path = request.path;
        const auto turn = changes_.take("fault");
        if (!turn) return turn.error();
        if (request.method == "GET") return faults_.list();
        if (path.starts_with(kRemoveFaultsPath))
            return faults_.remove(path.substr(kRemoveFaultsPath.size()));
        return faults_.add(request.body);
    }

    Result<ApiResponse> set_upkeep(bool on) {
        const auto turn = changes_.take("upkeep");
        if (!turn) return turn.error();
        FLATLAN_TRY_VOID(world_.set_upkeep(on));
        spdlog::info("upkeep is {}", on ? "on" : "off");
        return ApiResponse{200, "{}"};
    }

    /// After its end nothing changes a lab any more.
    Result<ApiResponse> down() {
        const auto turn = changes_.take("down");
        if (!turn) return turn.error();
        FLATLAN_TRY_VOID(world_.tear_down());
        changes_.close();
        spdlog::info("ended on request");
        return ApiResponse{200, "{}", true};
    }

    World& world_;
    ChangeQueue& changes_;
    FaultService faults_;
};

/// Containers, and what people run in the lab, end with it; their groups can be removed then.
void end_all_processes(const SupervisorTask& task) {
    if (getpid() != 1) return;  // not in a PID namespace of our own
    kill(-1, SIGKILL);
    while (waitpid(-1, nullptr, 0) > 0) {
    }
    const std::string cgroup = container_places(task.runtime, task.spec.name).cgroup;
    if (!cgroup.empty()) static_cast<void>(pod::remove_cgroups(cgroup));
}

Result<void> run_lab(const SupervisorTask& task, StartReporter& reporter) {
    World world{task.spec, task.programs, container_places(task.runtime, task.spec.name)};
    hear_of_other_children(
        [&](pid_t child, int wait_status) { world.handle_child(child, wait_status); });
    const Undo deaf{[] { hear_of_other_children({}); }};
    ChangeQueue changes;
    Service service{world, changes};
    FLATLAN_TRY(server, ApiServer::listen(
                            task.runtime.socket_path(task.spec.name),
                            [&](const ApiRequest& request) { return service.answer(request); },
                            ApiServer::Signals::handled, {.threads = kThreads}));

    Result<void> built = success();
    std::atomic<bool> ended = false;
    FLATLAN_TRY(first, changes.take("up"));
    std::optional<ChangeQueue::Turn> turn{std::move(first)};
    std::thread builder{[&] {
        built = world.build(task.plan, *turn, [&](const Progress& progress) -> Result<void> {
            if (ended) return Error{ErrorCode::interrupted, "ended while it was being made"};
            return reporter.step(progress);
        });
        // Before anybody hears that the lab runs: the first request may be a change.
        turn.reset();
        if (built) built = reporter.running();
        if (built)
            reporter.close();
        else
            server.stop();
    }};
    server.run([&] {
        ended = true;
        changes.close();
        world.end_waits();
    });
    builder.join();
    return built;
}

}  // namespace

int supervise(const SupervisorTask& task, StartReporter reporter) {
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    const std::string& lab = task.spec.name.text();
    if (sethostname(lab.data(), lab.size()) != 0)  // the name is for people alone
        spdlog::warn("the lab's processes keep the machine's name: {}", std::strerror(errno));
    spdlog::info("lab {} starts: {} nodes, {} pods", lab, task.plan.nodes.size(),
                 task.plan.pods.size());
    const auto ran = run_lab(task, reporter);
    end_all_processes(task);
    if (!ran) {
        spdlog::error("{}", ran.error().to_string());
        reporter.failed(ran.error());
    }
    if (auto gone = task.runtime.discard(task.spec.name); !gone)
        spdlog::warn("{}", gone.error().to_string());
    return ran ? 0 : 1;
}

}  // namespace flatlan::lab
