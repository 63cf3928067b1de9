#include "tools/daemon/probes/held_up.hpp"

#include <algorithm>

#include "overlay/probe/cluster/words.hpp"
#include "overlay/probe/io/epoll.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Duration kToAnswer = 5s;
/// What a question may take from one machine to the other: what is asked of began so much earlier.
constexpr Duration kOnTheWay = 1s;

/// What is asked: "KEY NODE SPAN", where the answer is wanted, of whom, and since how long ago.
struct Question {
    std::string key;
    std::string node;
    Duration since;
};

std::string to_text(const Question& question) {
    return question.key + " " + question.node + " " + probe::span_word(question.since);
}

std::optional<Question> from_text(std::string_view text) {
    const auto words = probe::split_words(text, ' ');
    if (words.size() != 3) return std::nullopt;
    const auto since = probe::span_from_word(words[2]);
    if (!since) return std::nullopt;
    return Question{std::string{words[0]}, std::string{words[1]}, *since};
}

}  // namespace

Duration HeldUp::ask(const NodeName& other, Instant began) {
    std::future<Duration> answer;
    {
        const std::lock_guard lock{mutex_};
        if (closed_) return Duration::zero();
        doubts_.push_back({other, began, {}});
        answer = doubts_.back().answer.get_future();
    }
    const Duration there = answer.get();
    return std::max(there, stalls_.longest_since(began));
}

Result<void> HeldUp::tend() {
    FLATLAN_TRY_VOID(ask_others());
    take_answers();
    return answer_others();
}

void HeldUp::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (Doubt& doubt : doubts_)
        doubt.answer.set_value(Duration::zero());
    doubts_.clear();
    for (auto& [key, asked] : asked_)
        asked.doubt.answer.set_value(Duration::zero());
    asked_.clear();
}

std::optional<HeldUp::Doubt> HeldUp::next_doubt() {
    const std::lock_guard lock{mutex_};
    if (doubts_.empty()) return std::nullopt;
    Doubt doubt = std::move(doubts_.front());
    doubts_.pop_front();
    return doubt;
}

/// One by one: after an error those that are left have to be answered too.
Result<void> HeldUp::ask_others() {
    while (std::optional<Doubt> doubt = next_doubt()) {
        // One of an earlier version has never heard of such questions.
        if (!records_.has(keys_.for_all("stalls", doubt->other))) {
            doubt->answer.set_value(Duration::zero());
            continue;
        }
        const std::string number = "/" + std::to_string(next_++);
        const std::string key = keys_.for_all("held", node_) + number;
        const Instant now = probe::monotonic_now();
        const std::string question =
            to_text({key, doubt->other.text(), now - doubt->began + kOnTheWay});
        // Before it is asked: an end in the midst answers whoever waits.
        asked_.emplace(key, Asked{std::move(*doubt), now + kToAnswer});
        FLATLAN_TRY_VOID(records_.put(keys_.for_all("doubts", node_) + number, question));
    }
    return success();
}

void HeldUp::take_answers() {
    const Instant now = probe::monotonic_now();
    for (auto at = asked_.begin(); at != asked_.end();) {
        auto& [key, asked] = *at;
        const std::string* const record = records_.find(key);
        if (record == nullptr && now < asked.deadline) {
            ++at;
            continue;
        }
        const auto told = record == nullptr ? std::nullopt : probe::span_from_word(*record);
        asked.doubt.answer.set_value(told.value_or(kToAnswer));
        at = asked_.erase(at);
    }
}

Result<void> HeldUp::answer_others() {
    for (const std::string& text : records_.all(keys_.for_all("doubts") + "/")) {
        const auto question = from_text(text);
        if (!question || question->node != node_.text()) continue;
        // Nobody has another key written than one of these.
        if (!question->key.starts_with(keys_.for_all("held") + "/")) continue;
        if (!answered_.insert(question->key).second) continue;
        const Instant then = probe::monotonic_now() - question->since;
        FLATLAN_TRY_VOID(
            records_.put(question->key, probe::span_word(stalls_.longest_since(then))));
    }
    return success();
}

}  // namespace flatlan::daemon
