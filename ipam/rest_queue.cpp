#include "ipam/rest_queue.hpp"

#include <algorithm>

namespace flatlan::ipam {

RestQueue::Ticket RestQueue::push(Instant now, const IpAddress& address) {
    if (back_ != kNone) now = std::max(now, entries_[back_].freed_at);
    const Entry entry{address, now, back_, kNone, true};
    Ticket ticket = 0;
    if (vacant_.empty()) {
        ticket = static_cast<Ticket>(entries_.size());
        FLATLAN_CHECK(ticket != kNone);
        entries_.push_back(entry);
    } else {
        ticket = vacant_.back();
        vacant_.pop_back();
        entries_[ticket] = entry;
    }
    (back_ == kNone ? front_ : entries_[back_].next) = ticket;
    back_ = ticket;
    if (first_cooling_ == kNone) first_cooling_ = ticket;
    ++size_;
    ++cooling_;
    return ticket;
}

void RestQueue::erase(Ticket ticket) {
    const Entry& entry = entries_[ticket];
    (entry.before == kNone ? front_ : entries_[entry.before].next) = entry.next;
    (entry.next == kNone ? back_ : entries_[entry.next].before) = entry.before;
    if (first_cooling_ == ticket) first_cooling_ = entry.next;
    if (entry.cooling) --cooling_;
    --size_;
    vacant_.push_back(ticket);
}

std::size_t RestQueue::cooling(Instant now) {
    const auto rested = [&](Ticket ticket) {
        return now - entries_[ticket].freed_at >= cool_down_;
    };
    // Only after a clock that went back is there anything to take back.
    for (Ticket before = first_cooling_ == kNone ? back_ : entries_[first_cooling_].before;
         before != kNone && !rested(before); before = entries_[before].before) {
        entries_[before].cooling = true;
        first_cooling_ = before;
        ++cooling_;
    }
    while (first_cooling_ != kNone && rested(first_cooling_)) {
        entries_[first_cooling_].cooling = false;
        first_cooling_ = entries_[first_cooling_].next;
        --cooling_;
    }
    return cooling_;
}

}  // namespace flatlan::ipam
