#pragma once

#include <atomic>
#include <cstdint>

#include "tests/support/forwarding_registry.hpp"

namespace flatlan::support {

/// Calls to a registry, of all its clients together.
struct CallCount {
    std::atomic<std::uint64_t> reads = 0;
    std::atomic<std::uint64_t> writes = 0;
    std::atomic<std::uint64_t> sessions = 0;  ///< opened, kept alive, closed
    std::uint64_t total() const { return reads + writes + sessions; }
};

/// A client whose calls are counted. Watches are not calls: what they bring follows the writes.
class CountingRegistry final : public ForwardingRegistry {
public:
    CountingRegistry(Registry& target, CallCount& count)
        : ForwardingRegistry{target}, count_{count} {}

    Result<registry::RegistryState> state() override {
        ++count_.reads;
        return target().state();
    }
    Result<registry::Reading> get_with_state(std::string_view key) override {
        ++count_.reads;
        return target().get_with_state(key);
    }
    Result<registry::Page> list(std::string_view prefix, std::string_view after,
                                std::size_t limit) override {
        ++count_.reads;
        return target().list(prefix, after, limit);
    }
    Result<registry::Revision> put(std::string_view key, std::string_view value,
                                   registry::Revision expected,
                                   registry::SessionId session) override {
        ++count_.writes;
        return target().put(key, value, expected, session);
    }
    Result<registry::Revision> remove(std::string_view key, registry::Revision expected) override {
        ++count_.writes;
        return target().remove(key, expected);
    }
    Result<registry::SessionId> open_session(Duration time_to_live) override {
        ++count_.sessions;
        return target().open_session(time_to_live);
    }
    Result<void> keep_alive(registry::SessionId session) override {
        ++count_.sessions;
        return target().keep_alive(session);
    }

private:
    CallCount& count_;
};

}  // namespace flatlan::support
