#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <set>

namespace flatlan::pod {

/// Launches of containers, few at a time: a runtime is three processes that want the CPU, and more
/// at once are not sooner done.
class LaunchSlots {
public:
    static constexpr std::size_t kAtOnce = 4;
    /// Whose launch it is: an address that stays while the launch waits or is under way.
    using Owner = const void*;

    /// Has `drive` call `launch` when there is a slot. The owner has no other launch.
    void submit(Owner owner, std::function<void()> launch);
    /// The owner's launch is over, or is not to begin any more; nothing when there is none.
    void release(Owner owner);
    /// Begins launches while there are slots for them.
    void drive();

private:
    struct Waiting {
        Owner owner;
        std::function<void()> launch;
    };

    std::deque<Waiting> waiting_;
    std::set<Owner> under_way_;
};

}  // namespace flatlan::pod
