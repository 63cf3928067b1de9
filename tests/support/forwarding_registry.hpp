#pragma once

#include "overlay/registry/registry.hpp"

namespace flatlan::support {

/// A client that hands every call on to another registry: the base of those that do something on
/// the way.
class ForwardingRegistry : public registry::Registry {
public:
    explicit ForwardingRegistry(Registry& target) : target_{target} {}

    Result<registry::RegistryState> state() override { return target_.state(); }
    Result<registry::Reading> get_with_state(std::string_view key) override {
        return target_.get_with_state(key);
    }
    Result<registry::Page> list(std::string_view prefix, std::string_view after,
                                std::size_t limit) override {
        return target_.list(prefix, after, limit);
    }
    Result<registry::Revision> put(std::string_view key, std::string_view value,
                                   registry::Revision expected,
                                   registry::SessionId session) override {
        return target_.put(key, value, expected, session);
    }
    Result<registry::Revision> remove(std::string_view key, registry::Revision expected) override {
        return target_.remove(key, expected);
    }
    Result<registry::SessionId> open_session(Duration time_to_live) override {
        return target_.open_session(time_to_live);
    }
    Result<void> keep_alive(registry::SessionId session) override {
        return target_.keep_alive(session);
    }
    Result<void> close_session(registry::SessionId session) override {
        return target_.close_session(session);
    }
    Result<std::unique_ptr<registry::Watch>> watch(std::string_view prefix,
                                                   registry::Revision after,
                                                   std::function<void()> on_ready) override {
        return target_.watch(prefix, after, std::move(on_ready));
    }

protected:
    Registry& target() { return target_; }

private:
    Registry& target_;
};

}  // namespace flatlan::support
