#pragma once

#include <memory>

#include "overlay/registry/etcd/etcd_config.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::registry {

class EtcdConnection;

/// The registry of many machines: an etcd cluster of version 3.4 or a later 3. A record is a key, a
/// session a lease of etcd's, a revision etcd's own.
///
/// Its calls end within `call_timeout`. One that only reads is tried on other members when one does
/// not answer; one that changes something is tried on others as long as it was not sent. Watches
/// have a thread each and connect again by themselves.
class EtcdRegistry final : public Registry {
public:
    /// Reads the certificates and connects when it is first asked. Errors: invalid_argument for a
    /// config that cannot be, or that of a file (which is named).
    static Result<std::unique_ptr<EtcdRegistry>> create(EtcdConfig config);
    ~EtcdRegistry() override;

    Result<RegistryState> state() override;
    Result<Reading> get_with_state(std::string_view key) override;
    Result<Page> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
    Result<Revision> put(std::string_view key, std::string_view value, Revision expected,
                         SessionId session) override;
    Result<Revision> remove(std::string_view key, Revision expected) override;
    Result<SessionId> open_session(Duration time_to_live) override;
    Result<void> keep_alive(SessionId session) override;
    Result<void> close_session(SessionId session) override;
    Result<std::unique_ptr<Watch>> watch(std::string_view prefix, Revision after,
                                         std::function<void()> on_ready) override;

    /// Makes etcd forget all changes up to now, as its administrator may at any time.
    Result<void> compact();

private:
    explicit EtcdRegistry(std::unique_ptr<EtcdConnection> connection);
    std::unique_ptr<EtcdConnection> connection_;
};

}  // namespace flatlan::registry
