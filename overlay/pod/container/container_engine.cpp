#include "overlay/pod/container/container_engine.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "overlay/pod/container/cgroups.hpp"
#include "overlay/pod/container/mounts.hpp"
#include "overlay/pod/container/pod_runner.hpp"
#include "overlay/pod/container/runtime_trial.hpp"

namespace flatlan::pod {
namespace {

/// Bundles and the runtime's notes: small files, a few for each container.
constexpr std::uint64_t kFolderSizeBytes = 256U << 20U;
/// How long what was killed may take to be gone; the kernel needs a moment for each.
constexpr std::chrono::seconds kKillTimeMax{10};
/// So that a container that forks without end is found before it has what all may have together.
constexpr std::chrono::milliseconds kCountInterval{250};

}  // namespace

struct ContainerEngine::State {
    State(ContainerPlaces wanted, std::unique_ptr<EventLoop> events)
        : places{std::move(wanted)},
          loop{std::move(events)},
          images{places.folder + "/images",
                 places.user_namespace ? Owners::ourselves : Owners::as_in_image},
          host_root{HostRoot::survey(places.user_namespace)},
          trial{context, places, host_root} {}

    void run();
    void drive();
    void count_processes(Instant now);
    std::optional<Instant> deadline() const;
    void begin(PodLaunch launch);
    template <typename Condition>
    bool wait_for(std::unique_lock<std::mutex>& held, Duration longest, Condition condition);

    const ContainerPlaces places;
    std::unique_ptr<EventLoop> loop;
    ImageStore images;
    HostRoot host_root;
    LaunchSlots slots;
    ContainerContext context{*loop, slots};
    RuntimeTrial trial;
    std::vector<HostsEntry> hosts;
    bool hosts_changed = false, begun = false;
    std::optional<Instant> next_count{};  ///< when processes are to be counted
    std::map<PodName, std::unique_ptr<PodRunner>> pods;
    /// Of everything here but `loop`'s own. The thread holds it while it works, not while it waits.
    mutable std::mutex mutex;
    std::condition_variable worked;  ///< after each turn of the thread
    std::atomic<bool> ended = false;
    std::thread thread;
};

void ContainerEngine::State::run() {
    std::unique_lock working{mutex};
    while (!ended) {
        drive();
        const std::optional<Instant> next = deadline();
        working.unlock();
        worked.notify_all();
        loop->wait(monotonic_now(), next);
        working.lock();
        loop->dispatch();
    }
}

void ContainerEngine::State::drive() {
    if (!trial.is_over()) {
        if (begun) trial.drive();
        return;
    }
    if (std::exchange(hosts_changed, false))
        for (const auto& [name, pod] : pods)
            pod->write_hosts();
    const Instant now = monotonic_now();
    count_processes(now);
    for (const auto& [name, pod] : pods)
        if (pod->deadline() && *pod->deadline() <= now) {
            pod->handle_timeout(now);
            context.changed = true;
        }
    while (std::exchange(context.changed, false))
        for (const auto& [name, pod] : pods)
            pod->drive();
}

/// Where no cgroup limits how many a container may have.
void ContainerEngine::State::count_processes(Instant now) {
    if (context.runtime.with_cgroups || pods.empty() || (next_count && now < *next_count)) return;
    next_count = now + kCountInterval;
    const ProcessCount count = ProcessCount::take(kContainerPidsMax);
    for (const auto& [name, pod] : pods)
        pod->end_large(count);
}

std::optional<Instant> ContainerEngine::State::deadline() const {
    std::optional<Instant> next = pods.empty() ? std::nullopt : next_count;
    for (const auto& [name, pod] : pods)
        if (pod->deadline() && (!next || *pod->deadline() < *next)) next = pod->deadline();
    return next;
}

void ContainerEngine::State::begin(PodLaunch launch) {
    const PodName name = launch.name;
    pods[name] = std::make_unique<PodRunner>(
        monotonic_now(), RunnerContext{context, places, host_root, hosts, images},
        std::move(launch));
    context.changed = true;
}

template <typename Condition>
bool ContainerEngine::State::wait_for(std::unique_lock<std::mutex>& held, Duration longest,
                                      Condition condition) {
    loop->wake();
    return worked.wait_for(held, longest, condition);
}

ContainerEngine::ContainerEngine(std::unique_ptr<State> state) : state_{std::move(state)} {
    state_->thread = std::thread{[this] { state_->run(); }};
}

Result<std::unique_ptr<ContainerEngine>> ContainerEngine::start(ContainerPlaces places) {
    FLATLAN_TRY_VOID(mount_tmpfs(places.folder, kFolderSizeBytes));
    FLATLAN_TRY_VOID(make_folders(places.folder + "/state"));
    FLATLAN_TRY(loop, EventLoop::create());
    return std::unique_ptr<ContainerEngine>{
        new ContainerEngine{std::make_unique<State>(std::move(places), std::move(loop))}};
}

ContainerEngine::~ContainerEngine() {
    state_->ended = true;
    state_->loop->wake();
    state_->thread.join();
    for (const auto& [name, pod] : state_->pods)
        pod->kill_all();
    state_->pods.clear();
    remove_mounted_folder(state_->places.folder);
}

void ContainerEngine::begin() {
    {
        const std::lock_guard beginning{state_->mutex};
        state_->begun = true;
    }
    state_->loop->wake();
}

Result<void> ContainerEngine::wait_until_ready() {
    std::unique_lock held{state_->mutex};
    state_->worked.wait(held, [&] { return state_->trial.is_over(); });
    if (state_->trial.error()) return Error{*state_->trial.error()};
    return success();
}

Result<void> ContainerEngine::add_images(const std::vector<std::string>& images) {
    for (const std::string& image : images)
        FLATLAN_TRY_VOID(state_->images.add(image));
    return success();
}

void ContainerEngine::add(std::vector<PodLaunch> launches) {
    {
        const std::lock_guard adding{state_->mutex};
        for (PodLaunch& launch : launches)
            state_->begin(std::move(launch));
    }
    state_->loop->wake();
}

void ContainerEngine::stop(std::span<const PodName> names) {
    std::unique_lock held{state_->mutex};
    std::vector<PodName> stopping;
    for (const PodName& name : names)
        if (const auto at = state_->pods.find(name); at != state_->pods.end()) {
            at->second->stop(monotonic_now());
            stopping.push_back(name);
        }
    state_->context.changed = true;
    state_->loop->wake();
    // Its machine ends what does not end by itself, so this does not last for ever.
    state_->worked.wait(held, [&] {
        return std::all_of(stopping.begin(), stopping.end(),
                           [&](const PodName& name) { return state_->pods.at(name)->is_over(); });
    });
    for (const PodName& name : stopping)
        state_->pods.erase(name);
}

void ContainerEngine::kill(std::span<const PodName> names) {
    std::unique_lock held{state_->mutex};
    std::vector<PodRunner*> killed;
    for (const PodName& name : names)
        if (const auto at = state_->pods.find(name); at != state_->pods.end()) {
            at->second->stop(monotonic_now());
            killed.push_back(at->second.get());
        }
    state_->context.changed = true;
    state_->wait_for(held, kKillTimeMax, [&] {
        return std::all_of(killed.begin(), killed.end(), [](PodRunner* pod) {
            pod->kill_all();  // also what was being started a moment ago
            return pod->is_over();
        });
    });
    for (const PodName& name : names)
        state_->pods.erase(name);
}

void ContainerEngine::kill_all() {
    std::vector<PodName> names;
    {
        const std::lock_guard looking{state_->mutex};
        for (const auto& [name, pod] : state_->pods)
            names.push_back(name);
    }
    kill(names);
    if (!state_->places.cgroup.empty()) static_cast<void>(remove_cgroups(state_->places.cgroup));
}

std::size_t ContainerEngine::wait_until_settled(std::span<const PodName> names, Duration longest) {
    const auto unsettled = [&] {
        return static_cast<std::size_t>(
            std::count_if(names.begin(), names.end(), [&](const PodName& name) {
                const auto at = state_->pods.find(name);
                return at != state_->pods.end() && !at->second->is_settled();
            }));
    };
    std::unique_lock held{state_->mutex};
    state_->wait_for(held, longest, [&] { return unsettled() == 0; });
    return unsettled();
}

std::optional<PodName> ContainerEngine::wait_until_ready(std::span<const PodName> names,
                                                         Duration longest) {
    const auto first_late = [&] {
        return std::find_if(names.begin(), names.end(), [&](const PodName& name) {
            const auto at = state_->pods.find(name);
            return at == state_->pods.end() || !at->second->is_ready();
        });
    };
    std::unique_lock held{state_->mutex};
    state_->wait_for(held, longest, [&] { return first_late() == names.end(); });
    const auto late = first_late();
    return late == names.end() ? std::nullopt : std::optional{*late};
}

void ContainerEngine::set_hosts(std::vector<HostsEntry> hosts) {
    {
        const std::lock_guard changing{state_->mutex};
        state_->hosts = std::move(hosts);
        state_->hosts_changed = true;
    }
    state_->loop->wake();
}

std::optional<PodView> ContainerEngine::view(const PodName& pod) const {
    const std::lock_guard looking{state_->mutex};
    const auto at = state_->pods.find(pod);
    if (at == state_->pods.end()) return std::nullopt;
    return at->second->view();
}

bool ContainerEngine::runs(const PodName& pod, const PodTemplate* contents) const {
    const std::lock_guard looking{state_->mutex};
    const auto at = state_->pods.find(pod);
    if (at == state_->pods.end()) return contents == nullptr;
    return contents != nullptr && at->second->contents() == *contents;
}

bool ContainerEngine::ignores_limits() const {
    const std::lock_guard looking{state_->mutex};
    return state_->trial.is_over() && !state_->context.runtime.with_cgroups;
}

std::vector<std::string> ContainerEngine::images_as_root() const {
    return state_->places.single_user ? state_->images.with_users() : std::vector<std::string>{};
}

Result<ContainerEntry> ContainerEngine::entry_of(const PodName& pod,
                                                 const std::string& container) const {
    const std::lock_guard looking{state_->mutex};
    const auto at = state_->pods.find(pod);
    if (at == state_->pods.end())
        return Error{ErrorCode::not_found, "pod '" + to_string(pod) + "' has no containers"};
    return at->second->entry_of(container);
}

void ContainerEngine::handle_child(pid_t child, int wait_status) {
    state_->loop->handle_child(child, wait_status);
}

}  // namespace flatlan::pod
