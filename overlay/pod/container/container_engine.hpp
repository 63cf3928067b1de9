#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/pod/container/pod_launch.hpp"

/// Runs the containers of a lab's pods.
namespace flatlan::pod {

/// Runs containers on a thread of its own, with the OCI runtime that works on this machine. All
/// functions may be called from any thread.
///
/// Whoever waits for this process's children hands their ends to `handle_child`; without that
/// nothing goes on.
class ContainerEngine {
public:
    static Result<std::unique_ptr<ContainerEngine>> start(ContainerPlaces places);
    ContainerEngine(const ContainerEngine&) = delete;
    ContainerEngine& operator=(const ContainerEngine&) = delete;
    /// Kills what runs.
    ~ContainerEngine();

    /// Begins to try the runtimes; from now on `handle_child` is to be called.
    void begin();
    /// Error forbidden when no runtime works; the text says what each one said.
    Result<void> wait_until_ready();

    /// Unpacks images that containers are made of, those that are not there yet; to be called
    /// before the pods are added. Errors of ImageStore::add.
    Result<void> add_images(const std::vector<std::string>& images);

    /// Starts the pods' containers and returns at once. Their namespaces must stay until they are
    /// stopped.
    void add(std::vector<PodLaunch> pods);
    /// Ends the pods' containers as their grace periods say, and returns when they are gone. One
    /// that is not there is passed over.
    void stop(std::span<const PodName> pods);
    /// The same without grace: as when their machine loses its power.
    void kill(std::span<const PodName> pods);
    /// Kills everything at once and returns when nothing runs any more.
    void kill_all();

    /// Waits until each of these pods runs, is over, or has a container that failed; no longer than
    /// this. Says how many are not there yet.
    std::size_t wait_until_settled(std::span<const PodName> pods, Duration longest);

    /// Waits until all containers of these pods are ready, or it is `given_up`, no longer than
    /// this. A pod that is not there, or is taken away meanwhile, is not waited for, here and
    /// above.
    void wait_until_ready(std::span<const PodName> pods, Duration longest,
                          const std::function<bool()>& given_up);
    /// The two return at once, from now on.
    void end_waits();

    /// The names that pods find in /etc/hosts from now on.
    void set_hosts(std::vector<HostsEntry> hosts);

    /// Empty for a pod without containers.
    std::optional<PodView> view(const PodName& pod) const;
    /// Whether it is this that runs in the pod; null: nothing.
    bool runs(const PodName& pod, const PodTemplate* contents) const;
    /// Whether it is there and one of its containers is not ready.
    bool is_unready(const PodName& pod) const;
    /// Whether nothing holds containers to their limits of memory and CPU; false while it is not
    /// known yet.
    bool ignores_limits() const;
    /// Images that name a user and run as root all the same, as there is no other.
    std::vector<std::string> images_as_root() const;

    /// Errors: not_found, and unavailable while the container does not run.
    Result<ContainerEntry> entry_of(const PodName& pod, const std::string& container) const;

    /// A child of this process has ended.
    void handle_child(pid_t child, int wait_status);

private:
    struct State;
    explicit ContainerEngine(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace flatlan::pod
