#pragma once

#include <span>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan {

/// One descriptor to wait on for several: readable while one of them is (epoll(7)). They must stay
/// open as long as it is used.
class WaitSet {
public:
    static Result<WaitSet> of(std::span<const int> fds);
    int fd() const { return epoll_.get(); }

private:
    explicit WaitSet(UniqueFd epoll) : epoll_{std::move(epoll)} {}
    UniqueFd epoll_;
};

}  // namespace flatlan
