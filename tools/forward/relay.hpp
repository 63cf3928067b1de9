#pragma once

#include <array>
#include <cstdint>

#include "overlay/linux/unique_fd.hpp"
#include "tools/forward/flow.hpp"

namespace flatlan::forward {

/// Two connected TCP sockets of which each gets what the other one receives, the end of either
/// direction for itself. Never waits: it is called whenever one of the two may have become readable
/// or writable (edge-triggered, epoll(7)).
class Relay {
public:
    enum class State : std::uint8_t {
        waiting,  ///< nothing can be done before the sockets change
        busy,     ///< there is more to do, after others have had their turn
        ended     ///< both directions are through, or both ends have been reset
    };
    /// Which of the two.
    enum End : std::uint8_t { client = 0, pod = 1 };

    /// Both non-blocking; `pod` may be none until `attach`.
    explicit Relay(UniqueFd client_socket) : sockets_{std::move(client_socket), UniqueFd{}} {}
    void attach(UniqueFd pod_socket) { sockets_[pod] = std::move(pod_socket); }

    const UniqueFd& socket(End end) const { return sockets_[end]; }

    /// Carries over what there is, a limited amount at a time, by way of `scratch`.
    State pump(std::span<std::byte, Flow::kReadMaxBytes> scratch);
    /// One end has been reset (EPOLLERR): what it had sent before still goes to the other one, as
    /// far as that takes it at once, and then that is reset too.
    void handle_reset(End end, std::span<std::byte, Flow::kReadMaxBytes> scratch);
    /// Resets both ends, so that neither takes what it has got for all there was.
    void reset();

private:
    enum class Step : std::uint8_t { moved, blocked, source_failed, sink_failed };

    Step move(End from, std::span<std::byte, Flow::kReadMaxBytes> scratch);
    Step write_waiting(End from);

    std::array<UniqueFd, 2> sockets_;
    std::array<Flow, 2> flows_{};  ///< by their source
    bool being_reset_ = false;     ///< one of them has been
};

}  // namespace flatlan::forward
