// Returns when every network namespace and device is gone that the kernel was about to free when it
// was called, and prints how long that took: "settled 12.3 ms".
//
// The kernel frees namespaces after their last owner is gone, in batches, one batch after another
// (cleanup_net). A veth pair with one end in a namespace that is given up tells when that one's
// batch is at work: the other end vanishes. When a second such pair, given up after the first was
// seen to vanish, vanishes too, the first one's batch and all before it are through.
//
// usage: bench_kernel_barrier      needs root, or a user namespace in which it is root
#include <poll.h>

#include <chrono>
#include <iostream>

#include "overlay/linux/veth.hpp"

namespace flatlan {
namespace {

constexpr auto kPatience = std::chrono::minutes{5};
constexpr int kPauseMs = 1;  // between two looks, so that the kernel's worker has the processor

/// Makes a pair into a namespace of its own, gives that up, and waits until the kernel took it
/// away.
Result<void> wait_for_a_batch(Netlink& observer) {
    const InterfaceName name{"sentinel"};
    {
        FLATLAN_TRY(doomed, Namespace::create_network());
        const VethSpec pair{
            .near = {.name = name, .mac = MacAddress::local_from(1)},
            .far = {.name = name, .mac = MacAddress::local_from(2), .network = &doomed}};
        FLATLAN_TRY_VOID(create_veth(observer, pair));
    }
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
        FLATLAN_TRY(found, find_link(observer, name));
        if (!found) return success();
        ::poll(nullptr, 0, kPauseMs);
    }
    return Error{ErrorCode::timed_out, "the kernel has not freed a namespace in five minutes"};
}

Result<void> settle() {
    FLATLAN_TRY(scope, NamespaceScope::here());
    FLATLAN_TRY(own, scope.move_to_new());
    FLATLAN_TRY(observer, Netlink::open_in(own));
    FLATLAN_TRY_VOID(wait_for_a_batch(observer));
    return wait_for_a_batch(observer);
}

}  // namespace
}  // namespace flatlan

int main() {
    const auto start = std::chrono::steady_clock::now();
    if (const auto settled = flatlan::settle(); !settled) {
        std::cerr << "bench_kernel_barrier: " << settled.error().to_string() << '\n';
        return settled.error().code() == flatlan::ErrorCode::forbidden ? 3 : 1;
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    std::cout << "settled " << took.count() << " ms\n";
    return 0;
}
