#include "overlay/pod/container/launch_slots.hpp"

#include <utility>

namespace flatlan::pod {

void LaunchSlots::submit(Owner owner, std::function<void()> launch) {
    waiting_.push_back({owner, std::move(launch)});
}

void LaunchSlots::release(Owner owner) {
    under_way_.erase(owner);
    std::erase_if(waiting_, [&](const Waiting& each) { return each.owner == owner; });
}

void LaunchSlots::drive() {
    while (!waiting_.empty() && under_way_.size() < kAtOnce) {
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        under_way_.insert(next.owner);
        next.launch();
    }
}

}  // namespace flatlan::pod
