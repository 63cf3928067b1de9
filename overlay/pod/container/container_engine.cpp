#include "overlay/pod/container/container_engine.hpp"

#include <algorithm>

#include "overlay/pod/container/cgroups.hpp"
#include "overlay/pod/container/engine_state.hpp"
#include "overlay/pod/container/mounts.hpp"

namespace flatlan::pod {
namespace {

/// Bundles and the runtime's notes: small files, a few for each container.
constexpr std::uint64_t kFolderSizeBytes = 256U << 20U;
/// How long what was killed may take to be gone; the kernel needs a moment for each.
constexpr std::chrono::seconds kKillTimeMax{10};

}  // namespace

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
        return std::all_of(stopping.begin(), stopping.end(), [&](const PodName& name) {
            const PodRunner* pod = state_->find(name);
            return pod == nullptr || pod->is_over();
        });
    });
    for (const PodName& name : stopping)
        state_->pods.erase(name);
    state_->worked.notify_all();  // who waits for one of them, waits no more
}

void ContainerEngine::kill(std::span<const PodName> names) {
    std::unique_lock held{state_->mutex};
    for (const PodName& name : names)
        if (PodRunner* pod = state_->find(name)) pod->stop(monotonic_now());
    state_->context.changed = true;
    state_->wait_for(held, kKillTimeMax, [&] {
        std::size_t left = 0;
        for (const PodName& name : names)
            if (PodRunner* pod = state_->find(name); pod != nullptr && !pod->is_over()) {
                pod->kill_all();  // also what was being started a moment ago
                ++left;
            }
        return left == 0;
    });
    // A runtime that is late is given up with its pod, and others may have its slot.
    for (const PodName& name : names)
        state_->pods.erase(name);
    state_->context.changed = true;
    state_->loop->wake();
    state_->worked.notify_all();
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
                const PodRunner* pod = state_->find(name);
                return pod != nullptr && !pod->is_settled();
            }));
    };
    std::unique_lock held{state_->mutex};
    state_->wait_for(held, longest, [&] { return state_->waits_over || unsettled() == 0; });
    return unsettled();
}

void ContainerEngine::wait_until_ready(std::span<const PodName> names, Duration longest,
                                       const std::function<bool()>& given_up) {
    std::unique_lock held{state_->mutex};
    state_->wait_for(held, longest, [&] {
        return state_->waits_over || given_up() ||
               std::all_of(names.begin(), names.end(), [&](const PodName& name) {
                   const PodRunner* pod = state_->find(name);
                   return pod == nullptr || pod->is_ready();
               });
    });
}

void ContainerEngine::end_waits() {
    const std::lock_guard ending{state_->mutex};
    state_->waits_over = true;
    state_->worked.notify_all();
}

void ContainerEngine::set_hosts(std::vector<HostsEntry> hosts) {
    {
        const std::lock_guard changing{state_->mutex};
        state_->hosts = std::move(hosts);
        state_->hosts_changed = true;
    }
    state_->loop->wake();
}

std::optional<PodView> ContainerEngine::view(const PodName& name) const {
    const std::lock_guard looking{state_->mutex};
    const PodRunner* pod = state_->find(name);
    return pod == nullptr ? std::nullopt : std::optional{pod->view()};
}

bool ContainerEngine::runs(const PodName& name, const PodTemplate* contents) const {
    const std::lock_guard looking{state_->mutex};
    const PodRunner* pod = state_->find(name);
    if (pod == nullptr) return contents == nullptr;
    return contents != nullptr && pod->contents() == *contents;
}

bool ContainerEngine::is_unready(const PodName& name) const {
    const std::lock_guard looking{state_->mutex};
    const PodRunner* pod = state_->find(name);
    return pod != nullptr && !pod->is_ready();
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
