#pragma once

#include <csignal>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan {

/// As long as one lives, SIGINT and SIGTERM do not end this process: they wait at a descriptor, so
/// that who waits for something else hears them too and can clean up. Made before other threads
/// are; one at a time.
class Interrupts {
public:
    Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    /// What still waits is dropped: it would end the process after all.
    ~Interrupts();

    /// Readable (poll(2)) while there is one; without a descriptor where the kernel gave none, and
    /// they end this process as ever.
    const UniqueFd& waiting() const { return waiting_; }
    /// Whether one has come since the last call; none is told twice.
    bool take() const;
    /// In a child that becomes another program: they end it as they would have.
    void let_through() const;

private:
    sigset_t before_{};
    UniqueFd waiting_;
};

}  // namespace flatlan
