#include "overlay/lab/change_queue.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace flatlan::lab {
namespace {

/// A wait that nobody notices is not worth a word.
constexpr std::chrono::milliseconds kNoticed{500};

Error over() { return Error{ErrorCode::unavailable, "the lab has ended"}; }

std::string seconds_of(Duration span) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>{span}.count());
    return text;
}

}  // namespace

bool ChangeQueue::wait_in_line(std::unique_lock<std::mutex>& held, const Duration* longest) {
    const std::uint64_t own = next_++;
    line_.push_back(own);
    const auto may_go = [&] { return closed_ || (!busy_ && line_.front() == own); };
    bool went = true;
    if (longest == nullptr)
        moved_.wait(held, may_go);
    else
        went = moved_.wait_for(held, *longest, may_go);
    std::erase(line_, own);
    if (went && !closed_) busy_ = true;
    moved_.notify_all();  // another one may be the first now
    return went;
}

Result<ChangeQueue::Turn> ChangeQueue::take(std::string what) {
    std::unique_lock held{mutex_};
    if (closed_) return over();
    if (requests_ == kRequestsMax)
        return Error{ErrorCode::unavailable,
                     std::to_string(requests_) + " changes of the lab are under way or wait"}
            .expecting("to try again when they are through");
    ++requests_;
    const bool waits = busy_ || !line_.empty();
    const std::string before = holder_;
    const auto begun = std::chrono::steady_clock::now();
    const bool went = wait_in_line(held, &patience_);
    if (closed_ || !went) {
        --requests_;
        if (closed_) return over();
        return Error{ErrorCode::unavailable, "another change of the lab is under way: " + holder_}
            .expecting("to try again when it is through");
    }
    holder_ = what;
    const Duration waited = std::chrono::steady_clock::now() - begun;
    std::string note;
    if (waits && waited >= kNoticed)
        note = "waited " + seconds_of(waited) + " for another change of the lab: " + before;
    return Turn{*this, std::move(what), std::move(note)};
}

std::size_t ChangeQueue::waiting() const {
    const std::lock_guard looking{mutex_};
    return line_.size();
}

void ChangeQueue::close() {
    const std::lock_guard closing{mutex_};
    closed_ = true;
    moved_.notify_all();
}

void ChangeQueue::give_back() {
    busy_ = false;
    moved_.notify_all();
}

ChangeQueue::Turn::Turn(Turn&& other) noexcept
    : queue_{std::exchange(other.queue_, nullptr)},
      what_{std::move(other.what_)},
      note_{std::move(other.note_)},
      held_{other.held_} {}

ChangeQueue::Turn::~Turn() {
    if (queue_ == nullptr) return;
    const std::lock_guard ending{queue_->mutex_};
    --queue_->requests_;
    if (held_) queue_->give_back();
}

Result<void> ChangeQueue::Turn::step_aside(const std::function<void()>& wait) {
    {
        const std::lock_guard leaving{queue_->mutex_};
        queue_->give_back();
        held_ = false;
    }
    wait();
    std::unique_lock held{queue_->mutex_};
    if (!queue_->closed_) queue_->wait_in_line(held, nullptr);
    if (queue_->closed_) return over();
    held_ = true;
    queue_->holder_ = what_;
    return success();
}

}  // namespace flatlan::lab
