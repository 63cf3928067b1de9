#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace flatlan::forward {

/// One direction of a connection that is carried on: what has come from its source and has not gone
/// to its sink yet. Nothing more is read while anything waits, so what waits is bounded by one read
/// (kReadMaxBytes), and a sink that is slow makes the source wait.
class Flow {
public:
    static constexpr std::size_t kReadMaxBytes = std::size_t{64} << 10U;  // a pipe's, tcp_wmem's

    /// Whether the source is to be read now.
    bool wants_octets() const { return !ended_ && waiting().empty(); }
    /// What is to be written to the sink now, the oldest first.
    std::span<const std::byte> waiting() const { return std::span{octets_}.subspan(written_); }
    /// Whether all has been carried over, the end included.
    bool finished() const { return shut_down_; }

    /// What a read has brought and the sink has not taken at once; only when it wanted octets, and
    /// kReadMaxBytes at most.
    void handle_octets(std::span<const std::byte> octets);
    /// The sink has taken so many of those that wait.
    void handle_written(std::size_t count);
    /// The source sends nothing any more.
    void handle_end() { ended_ = true; }

    /// True once, when the sink is to be told that nothing more comes (shutdown(2)).
    bool poll_shutdown();

private:
    std::vector<std::byte> octets_;
    std::size_t written_ = 0;  ///< of them
    bool ended_ = false;
    bool shut_down_ = false;
};

}  // namespace flatlan::forward
