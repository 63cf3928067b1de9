#include "overlay/registry/memory_registry.hpp"
#include "tests/conformance/registry/registry_contract.hpp"
#include "tests/support/unreliable_registry.hpp"

namespace flatlan::registry {
namespace {

/// Clients of one object. They have no connection of their own that could break, so the one that
/// tests of others cut stands in between and is held to the contract, too.
class MemoryTestbed final : public Testbed {
public:
    std::unique_ptr<Registry> connect() override {
        auto client = std::make_unique<support::UnreliableRegistry>(registry_);
        clients_.push_back(client.get());
        return client;
    }
    void let_pass(Duration span) override {
        now_ = now_ + span;
        registry_.expire();
    }
    void compact() override { registry_.forget_history(); }
    void cut() override {
        for (auto* client : clients_)
            client->cut(support::Cut::both);
    }
    void heal() override {
        for (auto* client : clients_)
            client->cut(support::Cut::none);
    }

private:
    Instant now_;
    MemoryRegistry registry_{{.clock = [this] { return now_; }}};
    std::vector<support::UnreliableRegistry*> clients_;
};

INSTANTIATE_TEST_SUITE_P(Memory, RegistryContract,
                         testing::Values(Store{"memory",
                                               [] { return std::make_unique<MemoryTestbed>(); }}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace flatlan::registry
