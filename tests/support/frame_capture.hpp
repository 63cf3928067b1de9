#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::support {

/// Every Ethernet frame that passes an interface, in either direction, from now on.
class FrameCapture {
public:
    /// Throws when that fails.
    FrameCapture(const Namespace& network, std::string_view interface);

    using Frame = std::vector<std::byte>;
    /// The next frame, or nothing when none came in time.
    std::optional<Frame> next(std::chrono::milliseconds within = std::chrono::seconds{5});

private:
    UniqueFd socket_;
};

}  // namespace flatlan::support
