#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::ipam {

/// Freed addresses in the order in which they were freed: the front has rested longest. Every
/// operation takes constant time (`advance` on average), also taking one out of the middle.
class RestQueue {
public:
    /// Names an entry while it is in the queue; given again afterwards.
    using Ticket = std::uint32_t;

    explicit RestQueue(Duration cool_down) : cool_down_{cool_down} {}

    /// Puts an address at the back. An Instant before the one at the back counts as that one, so
    /// a clock that went back cannot bring an address forward.
    Ticket push(Instant now, const IpAddress& address);
    void erase(Ticket ticket);

    const IpAddress& address(Ticket ticket) const { return entries_[ticket].address; }
    Instant freed_at(Ticket ticket) const { return entries_[ticket].freed_at; }
    std::optional<Ticket> front() const { return some(front_); }
    /// The one behind `ticket`.
    std::optional<Ticket> next(Ticket ticket) const { return some(entries_[ticket].next); }

    std::size_t size() const { return size_; }
    /// How many have not rested for the whole cool-down at `now`.
    std::size_t cooling(Instant now);

private:
    static constexpr Ticket kNone = ~Ticket{0};
    struct Entry {
        IpAddress address;
        Instant freed_at;
        Ticket before;
        Ticket next;
        bool cooling;
    };
    static std::optional<Ticket> some(Ticket ticket) {
        return ticket == kNone ? std::nullopt : std::optional{ticket};
    }

    Duration cool_down_;
    std::vector<Entry> entries_;
    std::vector<Ticket> vacant_;
    Ticket front_ = kNone;
    Ticket back_ = kNone;
    Ticket first_cooling_ = kNone;  ///< all from here to the back are cooling, none before it
    std::size_t size_ = 0;
    std::size_t cooling_ = 0;
};

}  // namespace flatlan::ipam
