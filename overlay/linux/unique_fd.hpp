#pragma once

#include <unistd.h>

#include <utility>

namespace flatlan {

/// The one owner of a file descriptor. Whoever makes one asks the kernel for close-on-exec.
class UniqueFd {
public:
    UniqueFd() = default;
    /// Takes `fd` over; a negative one stands for none.
    explicit UniqueFd(int fd) : fd_{fd} {}
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    UniqueFd(UniqueFd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    ~UniqueFd() { reset(); }

    /// The descriptor, still owned here; -1 when there is none.
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    /// Gives the descriptor away.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1) {
        // EINTR is no reason to close again: Linux has freed the descriptor by then (close(2)).
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }

private:
    int fd_ = -1;
};

}  // namespace flatlan
