#include "overlay/registry/memory_registry.hpp"
#include "tests/conformance/registry/registry_contract.hpp"
#include "tests/support/forwarding_registry.hpp"

namespace flatlan::registry {
namespace {

class MemoryTestbed final : public Testbed {
public:
    std::unique_ptr<Registry> connect() override {
        return std::make_unique<support::ForwardingRegistry>(registry_);
    }
    void let_pass(Duration span) override {
        now_ = now_ + span;
        registry_.expire();
    }
    void compact() override { registry_.forget_history(); }

private:
    Instant now_;
    MemoryRegistry registry_{{.clock = [this] { return now_; }}};
};

INSTANTIATE_TEST_SUITE_P(Memory, RegistryContract,
                         testing::Values(Store{"memory",
                                               [] { return std::make_unique<MemoryTestbed>(); }}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace flatlan::registry
