#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "overlay/pod/container/container_engine.hpp"
#include "overlay/pod/container/pod_runner.hpp"
#include "overlay/pod/container/runtime_trial.hpp"

namespace flatlan::pod {

/// All that an engine is made of, and its thread.
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
    /// Until the condition holds, at most this long. It is asked after each turn of the thread.
    template <typename Condition>
    void wait_for(std::unique_lock<std::mutex>& held, Duration longest, Condition condition) {
        loop->wake();
        worked.wait_for(held, longest, condition);
    }
    /// Empty for one that is not there.
    PodRunner* find(const PodName& pod) const {
        const auto at = pods.find(pod);
        return at == pods.end() ? nullptr : at->second.get();
    }

    const ContainerPlaces places;
    std::unique_ptr<EventLoop> loop;
    ImageStore images;
    HostRoot host_root;
    LaunchSlots slots;
    ContainerContext context{*loop, slots};
    RuntimeTrial trial;
    std::vector<HostsEntry> hosts;
    bool hosts_changed = false, begun = false;
    bool waits_over = false;              ///< nobody waits for a start any more
    std::optional<Instant> next_count{};  ///< when processes are to be counted
    std::map<PodName, std::unique_ptr<PodRunner>> pods;
    /// Of everything here but `loop`'s own. The thread holds it while it works, not while it waits.
    mutable std::mutex mutex;
    std::condition_variable worked;  ///< after each turn of the thread
    std::atomic<bool> ended = false;
    std::thread thread;
};

}  // namespace flatlan::pod
