#include "tools/forward/flow.hpp"

#include "overlay/base/check.hpp"

namespace flatlan::forward {

void Flow::handle_octets(std::span<const std::byte> octets) {
    FLATLAN_CHECK(wants_octets() && octets.size() <= kReadMaxBytes);
    octets_.assign(octets.begin(), octets.end());
    written_ = 0;
}

void Flow::handle_written(std::size_t count) {
    FLATLAN_CHECK(count <= waiting().size());
    written_ += count;
    if (!waiting().empty()) return;
    octets_ = {};  // with its memory: most connections are idle most of the time
    written_ = 0;
}

bool Flow::poll_shutdown() {
    if (shut_down_ || !ended_ || !waiting().empty()) return false;
    shut_down_ = true;
    return true;
}

}  // namespace flatlan::forward
