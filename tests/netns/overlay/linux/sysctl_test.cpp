#include "overlay/linux/sysctl.hpp"

#include <array>
#include <cerrno>

#include "tests/support/network_test.hpp"

namespace flatlan {
namespace {

using support::must;

class SysctlTest : public support::NetworkTest {};

TEST_F(SysctlTest, IsOfTheNamespaceThatWasNamed) {
    const Namespace one = new_network();
    const Namespace other = new_network();
    const std::array wanted{Sysctl{"net/ipv4/ip_forward", "1"},
                            Sysctl{"net/ipv6/conf/all/forwarding", "1"}};
    const std::array off{Sysctl{"net/ipv4/ip_forward", "0"},
                         Sysctl{"net/ipv6/conf/all/forwarding", "0"}};
    for (const Namespace* const network : {&one, &other})  // a machine that forwards hands it on
        must(ensure_sysctls(*network, off));
    EXPECT_EQ(must(ensure_sysctls(one, wanted)), 2U);
    EXPECT_EQ(must(ensure_sysctls(one, wanted)), 0U);  // nothing is left to change
    EXPECT_EQ(must(read_sysctl(one, "net/ipv4/ip_forward")), "1");
    EXPECT_EQ(must(read_sysctl(other, "net/ipv4/ip_forward")), "0");
}

TEST_F(SysctlTest, SaysWhatIsNotThereAndWhatIsRefused) {
    const Namespace network = new_network();
    const auto missing = read_sysctl(network, "net/ipv4/there_is_none");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
    EXPECT_EQ(missing.error().text(),
              "read /proc/sys/net/ipv4/there_is_none: No such file or directory");

    const std::array wrong{Sysctl{"net/ipv4/ip_forward", "perhaps"}};
    const auto refused = ensure_sysctls(network, wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().system_errno(), EINVAL);
    EXPECT_EQ(refused.error().text(),
              "write 'perhaps' to /proc/sys/net/ipv4/ip_forward: Invalid argument");
}

}  // namespace
}  // namespace flatlan
