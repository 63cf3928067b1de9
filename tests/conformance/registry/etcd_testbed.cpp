#include "overlay/registry/etcd/etcd_registry.hpp"
#include "tests/conformance/registry/registry_contract.hpp"
#include "tests/support/etcd_server.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::registry {
namespace {

/// An etcd of the test's own. It is cut off by stopping it: connections stay, nobody answers.
class EtcdTestbed final : public Testbed {
public:
    std::unique_ptr<Registry> connect() override {
        EtcdConfig config;
        config.endpoints.push_back(EtcdEndpoint::from_url(server_.url()).value());
        return EtcdRegistry::create(std::move(config)).value();
    }
    void let_pass(Duration span) override {  // nobody turns the clock of etcd's
        const auto end = std::chrono::steady_clock::now() + span;
        support::eventually([&] { return std::chrono::steady_clock::now() >= end; });
    }
    void compact() override {
        EtcdConfig config;
        config.endpoints.push_back(EtcdEndpoint::from_url(server_.url()).value());
        EXPECT_TRUE(EtcdRegistry::create(std::move(config)).value()->compact());
    }
    void cut() override { server_.pause(); }
    void heal() override { server_.resume(); }

private:
    support::EtcdServer server_;
};

INSTANTIATE_TEST_SUITE_P(Etcd, RegistryContract,
                         testing::Values(Store{"etcd",
                                               [] { return std::make_unique<EtcdTestbed>(); }}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace flatlan::registry
