#include "tests/support/unreliable_registry.hpp"

#include <condition_variable>

namespace flatlan::support {
namespace {

using registry::Watch;
using registry::WatchBatch;

Error cut_off() { return Error{ErrorCode::unavailable, "the connection to the registry is cut"}; }
Error no_answer() { return Error{ErrorCode::timed_out, "no answer from the registry"}; }

void take_time(std::uint64_t milliseconds) {
    std::mutex mutex;
    std::unique_lock lock{mutex};
    std::condition_variable never;
    never.wait_for(lock, std::chrono::milliseconds{milliseconds}, [] { return false; });
}

}  // namespace

Misbehaviour Misbehaviour::all(unsigned in_a_thousand) {
    return {in_a_thousand, in_a_thousand, in_a_thousand, in_a_thousand, in_a_thousand,
            in_a_thousand, in_a_thousand, in_a_thousand, in_a_thousand};
}

class UnreliableRegistry::UnreliableWatch final : public Watch {
public:
    UnreliableWatch(UnreliableRegistry& through, std::unique_ptr<Watch> target)
        : through_{through}, target_{std::move(target)} {}

    Result<WatchBatch> next(Duration timeout) override {
        if (through_.cut_ != Cut::none) return cut_off();
        if (gap_ || through_.draw(&Misbehaviour::gap)) {
            gap_ = true;
            return WatchBatch{{}, true};
        }
        if (through_.draw(&Misbehaviour::held_batch)) return WatchBatch{};
        if (through_.draw(&Misbehaviour::repeated_batch)) return WatchBatch{last_, false};
        auto batch = target_->next(timeout);
        if (batch && !batch.value().events.empty()) last_ = batch.value().events;
        return batch;
    }

private:
    UnreliableRegistry& through_;
    std::unique_ptr<Watch> target_;
    std::vector<registry::Event> last_;
    bool gap_ = false;
};

void UnreliableRegistry::behave() {
    {
        const std::lock_guard lock{mutex_};
        odds_ = {};
    }
    do_late_ones(true);
}

bool UnreliableRegistry::draw(unsigned Misbehaviour::*odds) {
    const std::lock_guard lock{mutex_};
    return odds_.*odds != 0 && chance_.chance(odds_.*odds, 1000);
}

UnreliableRegistry::Fate UnreliableRegistry::draw_fate() {
    if (draw(&Misbehaviour::lost_request)) return Fate::lost_request;
    if (draw(&Misbehaviour::lost_answer)) return Fate::lost_answer;
    if (draw(&Misbehaviour::late_request)) return Fate::late;
    if (draw(&Misbehaviour::done_twice)) return Fate::twice;
    return draw(&Misbehaviour::slow_answer) ? Fate::slow : Fate::well;
}

void UnreliableRegistry::do_late_ones(bool all) {
    std::vector<std::function<void()>> now;
    {
        const std::lock_guard lock{mutex_};
        std::erase_if(late_, [&](std::function<void()>& request) {
            if (!all && !chance_.chance(1, 3)) return false;
            now.push_back(std::move(request));
            return true;
        });
    }
    for (const auto& request : now)
        request();
}

template <typename Call>
auto UnreliableRegistry::pass_on(Call call) -> decltype(call()) {
    const Cut cut = cut_;
    if (cut == Cut::both) return cut_off();
    if (cut == Cut::requests) return no_answer();
    if (cut == Cut::answers) {
        (void)call();
        return no_answer();
    }
    do_late_ones(false);
    switch (draw_fate()) {
        case Fate::lost_request:
            return cut_off();
        case Fate::lost_answer:
            (void)call();
            return no_answer();
        case Fate::late: {
            const std::lock_guard lock{mutex_};
            late_.push_back([call] { (void)call(); });
            return no_answer();
        }
        case Fate::twice:
            (void)call();
            return call();
        case Fate::slow:
            take_time(1 + chance_.below(4));
            return call();
        case Fate::well:
            break;
    }
    return call();
}

Result<registry::RegistryState> UnreliableRegistry::state() {
    return pass_on([this] { return target().state(); });
}

Result<registry::Reading> UnreliableRegistry::get_with_state(std::string_view key) {
    return pass_on([this, key = std::string{key}] { return target().get_with_state(key); });
}

Result<registry::Page> UnreliableRegistry::list(std::string_view prefix, std::string_view after,
                                                std::size_t limit) {
    return pass_on([this, prefix = std::string{prefix}, after = std::string{after}, limit] {
        return target().list(prefix, after, limit);
    });
}

Result<registry::Revision> UnreliableRegistry::put(std::string_view key, std::string_view value,
                                                   registry::Revision expected,
                                                   registry::SessionId session) {
    return pass_on([this, key = std::string{key}, value = std::string{value}, expected, session] {
        return target().put(key, value, expected, session);
    });
}

Result<registry::Revision> UnreliableRegistry::remove(std::string_view key,
                                                      registry::Revision expected) {
    return pass_on(
        [this, key = std::string{key}, expected] { return target().remove(key, expected); });
}

Result<registry::SessionId> UnreliableRegistry::open_session(Duration time_to_live) {
    return pass_on([this, time_to_live] { return target().open_session(time_to_live); });
}

Result<void> UnreliableRegistry::keep_alive(registry::SessionId session) {
    if (draw(&Misbehaviour::early_expiry)) (void)target().close_session(session);
    return pass_on([this, session] { return target().keep_alive(session); });
}

Result<void> UnreliableRegistry::close_session(registry::SessionId session) {
    return pass_on([this, session] { return target().close_session(session); });
}

Result<std::unique_ptr<Watch>> UnreliableRegistry::watch(std::string_view prefix,
                                                         registry::Revision after,
                                                         std::function<void()> on_ready) {
    FLATLAN_TRY(watch, target().watch(prefix, after, std::move(on_ready)));
    return std::unique_ptr<Watch>{std::make_unique<UnreliableWatch>(*this, std::move(watch))};
}

}  // namespace flatlan::support
