#include "tools/forward/listener.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/forward/loopback.hpp"

namespace flatlan::forward {
namespace {

using testing::HasSubstr;

const IpAddress kHere = Ipv4Address{0x7f00'0001};

std::vector<PortPair> to_80(Port local) { return {{local, Port{80}}}; }

TEST(Listeners, HaveOnePortAtAllAddressesWhereTheKernelChooses) {
    const auto listeners = open_listeners({}, to_80(Port::any()));
    ASSERT_TRUE(listeners);
    EXPECT_EQ(listeners.value().front().at.address, kHere);
    for (const Listener& each : listeners.value()) {
        EXPECT_EQ(each.at.port, listeners.value().front().at.port);
        EXPECT_NE(each.at.port, Port::any());
        EXPECT_EQ(each.pod_port, Port{80});
    }
}

TEST(Listeners, NameThePortThatIsInUse) {
    const Server server;
    const auto listeners = open_listeners({}, to_80(server.at().port));
    ASSERT_FALSE(listeners);
    EXPECT_EQ(listeners.error().code(), ErrorCode::conflict);
    EXPECT_THAT(listeners.error().text(), HasSubstr(std::to_string(server.at().port.value())));
    EXPECT_THAT(listeners.error().expected(), HasSubstr("':80'"));
}

TEST(Listeners, TakeAddressesOfThisMachineAlone) {
    for (const char* text : {"192.0.2.1", "2001:db8::1"}) {  // RFC 5737, RFC 3849
        const std::vector<IpAddress> elsewhere{IpAddress::from_text(text).value()};
        const auto listeners = open_listeners(elsewhere, to_80(Port::any()));
        ASSERT_FALSE(listeners);
        EXPECT_EQ(listeners.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(listeners.error().where(), "--address");
        EXPECT_THAT(listeners.error().text(), HasSubstr(text));
    }
}

}  // namespace
}  // namespace flatlan::forward
