#pragma once

#include <cstdint>
#include <filesystem>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::registry {

/// Wakes the processes of a machine that wait for something to happen: a number in a file that
/// each of them maps, and the kernel's futex on it. It is a hint: a process that is killed before
/// it rings leaves the others asleep, so they look by themselves from time to time.
class Bell {
public:
    /// Makes the file (mode 0600) where there is none.
    static Result<Bell> open(const std::filesystem::path& file);
    Bell(Bell&& other) noexcept;
    Bell& operator=(Bell&& other) noexcept;
    ~Bell();

    /// How often it rang. What is looked up after this and before `wait` is not missed.
    std::uint32_t rings() const;
    void ring();
    /// Waits until it has rung since it had rung `rings` times, at most `timeout`; may return
    /// early.
    void wait(std::uint32_t rings, Duration timeout) const;

private:
    explicit Bell(std::uint32_t* count) : count_{count} {}
    std::uint32_t* count_;  ///< mapped, or null after a move
};

}  // namespace flatlan::registry
