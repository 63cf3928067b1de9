#include "overlay/linux/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace flatlan {

Result<void> for_each_in_parallel(std::size_t count,
                                  const std::function<Result<void>(std::size_t index)>& work) {
    return for_each_on_threads(std::max(1U, std::thread::hardware_concurrency()), count, work);
}

Result<void> for_each_on_threads(std::size_t threads, std::size_t count,
                                 const std::function<Result<void>(std::size_t index)>& work) {
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> stop = false;
    std::mutex failing;
    std::optional<Error> first_failure;

    const auto run = [&] {
        for (std::size_t index = next++; index < count && !stop; index = next++) {
            auto done = work(index);
            if (done) continue;
            stop = true;
            const std::lock_guard lock{failing};
            if (!first_failure) first_failure = std::move(done).error();
        }
    };
    std::vector<std::thread> helpers;
    try {
        for (std::size_t i = 1; i < std::min(threads, count); ++i)
            helpers.emplace_back(run);
    } catch (const std::system_error&) {
        // At a limit of processes: those that there are, and this thread, do it all.
    }
    run();
    for (std::thread& helper : helpers)
        helper.join();
    if (first_failure) return std::move(*first_failure);
    return success();
}

}  // namespace flatlan
