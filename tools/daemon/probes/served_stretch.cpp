#include "tools/daemon/probes/served_stretch.hpp"

#include <utility>

#include "overlay/probe/cluster/trace/facts_record.hpp"

namespace flatlan::daemon {
namespace {

/// How long packets are looked after before the next question is looked for.
constexpr Duration kTend = std::chrono::milliseconds{10};

std::string answer_to(trace::OwnStretch& stretch, const std::string& record) {
    const auto question = trace::question_from_record(record, stretch.atlas());
    return question ? stretch.answer(question.value()) : trace::to_record(question.error());
}

}  // namespace

ServedStretch::ServedStretch(std::unique_ptr<trace::OwnStretch> stretch)
    : stretch_{std::move(stretch)}, thread_{[this] { serve(); }} {}

ServedStretch::~ServedStretch() {
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    news_.notify_all();
}

std::future<std::string> ServedStretch::answer(std::string question) {
    Task task{[this, question = std::move(question)] { return answer_to(*stretch_, question); }};
    auto answer = task.get_future();
    {
        const std::lock_guard lock{mutex_};
        asked_ = std::move(task);
    }
    news_.notify_all();
    return answer;
}

void ServedStretch::serve() {
    while (auto task = next())
        (*task)();
    // Captures and sockets are closed where they were used.
    stretch_.reset();
}

std::optional<ServedStretch::Task> ServedStretch::next() {
    std::unique_lock lock{mutex_};
    while (!ended_ && !asked_) {
        if (!stretch_->is_watching()) {
            news_.wait(lock);
            continue;
        }
        lock.unlock();
        stretch_->tend(kTend);
        lock.lock();
    }
    if (ended_) return std::nullopt;
    return std::exchange(asked_, std::nullopt);
}

}  // namespace flatlan::daemon
