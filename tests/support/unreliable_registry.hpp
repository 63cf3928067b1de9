#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "overlay/base/prng.hpp"
#include "tests/support/forwarding_registry.hpp"

namespace flatlan::support {

/// How often a connection misbehaves: in so many of a thousand calls, each.
struct Misbehaviour {
    unsigned lost_request = 0;    ///< nothing is done, and the caller is told so
    unsigned lost_answer = 0;     ///< done, and nobody hears of it
    unsigned late_request = 0;    ///< done after later requests, when its caller has given up
    unsigned done_twice = 0;      ///< done again; the second answer is what comes
    unsigned slow_answer = 0;     ///< the answer takes some milliseconds
    unsigned early_expiry = 0;    ///< the session ends at a keep-alive, however early that is
    unsigned held_batch = 0;      ///< a watch says nothing for a while
    unsigned repeated_batch = 0;  ///< a watch says the same again
    unsigned gap = 0;             ///< a watch has forgotten what happened

    static Misbehaviour all(unsigned in_a_thousand);
};

/// Which way a connection is cut. One way only, neither side notices: requests arrive and answers
/// do not, or the other way round, and the caller waits in vain.
enum class Cut : std::uint8_t { none, both, requests, answers };

/// One client's connection to a registry: it misbehaves by chance, from a seed, and can be cut.
/// `target` outlives it.
class UnreliableRegistry final : public ForwardingRegistry {
public:
    explicit UnreliableRegistry(Registry& target, std::uint64_t seed = 0, Misbehaviour odds = {})
        : ForwardingRegistry{target}, chance_{seed}, odds_{odds} {}

    /// From any thread.
    void cut(Cut which) { cut_ = which; }
    /// Behaves from now on; what is still to come late is done now.
    void behave();

    Result<registry::RegistryState> state() override;
    Result<registry::Reading> get_with_state(std::string_view key) override;
    Result<registry::Page> list(std::string_view prefix, std::string_view after,
                                std::size_t limit) override;
    Result<registry::Revision> put(std::string_view key, std::string_view value,
                                   registry::Revision expected,
                                   registry::SessionId session) override;
    Result<registry::Revision> remove(std::string_view key, registry::Revision expected) override;
    Result<registry::SessionId> open_session(Duration time_to_live) override;
    Result<void> keep_alive(registry::SessionId session) override;
    Result<void> close_session(registry::SessionId session) override;
    Result<std::unique_ptr<registry::Watch>> watch(std::string_view prefix,
                                                   registry::Revision after,
                                                   std::function<void()> on_ready) override;

private:
    class UnreliableWatch;
    enum class Fate : std::uint8_t { well, lost_request, lost_answer, late, twice, slow };

    Fate draw_fate();
    bool draw(unsigned Misbehaviour::*odds);
    /// Does late requests, each of them perhaps.
    void do_late_ones(bool all);
    template <typename Call>
    auto pass_on(Call call) -> decltype(call());

    std::mutex mutex_;  ///< of the three below
    Prng chance_;
    Misbehaviour odds_;
    std::vector<std::function<void()>> late_;
    std::atomic<Cut> cut_ = Cut::none;
};

}  // namespace flatlan::support
