#include "overlay/linux/machine_namespaces.hpp"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "overlay/linux/address.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/veth.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/own_processes.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan {
namespace {

using support::ip;
using support::must;

class MachineNamespacesTest : public support::NetworkTest {
protected:
    /// Gives a namespace an interface with an address.
    static void add_address(const Namespace& network, const char* address,
                            const std::string& alias = "") {
        Netlink netlink = netlink_in(network);
        must(create_veth(
            netlink, {.near = {.name = InterfaceName{"eth0"}, .mac = MacAddress::local_from(1)},
                      .far = {.name = InterfaceName{"eth1"}, .mac = MacAddress::local_from(2)}}));
        must(set_link(netlink, InterfaceName{"eth0"}, {.up = true, .alias = alias}));
        const Link link = must(get_link(netlink, InterfaceName{"eth0"}));
        const IpAddress value = ip(address);
        must(create_address(netlink, {value, value.is_ipv4() ? 32U : 128U, link.index}));
    }
    static std::vector<std::uint64_t> inodes() {
        std::vector<std::uint64_t> inodes;
        for (const Namespace& network : must(find_network_namespaces()))
            inodes.push_back(network.inode());
        return inodes;
    }
};

TEST_F(MachineNamespacesTest, FindsTheNamespacesOfProcessesDescriptorsAndMountsOnce) {
    support::run_alone([] {
        EXPECT_THAT(inodes(), testing::IsEmpty()) << "its own is not among them";
        const Namespace held = new_network();
        const Namespace second = must(held.duplicate());
        EXPECT_THAT(inodes(), testing::ElementsAre(held.inode()));

        const support::TemporaryFolder folder;
        const auto path = folder.path() / "blue and \\040 white";
        std::uint64_t mounted = 0;
        {
            const Namespace blue = new_network();
            mounted = blue.inode();
            std::fclose(std::fopen(path.c_str(), "w"));
            const std::string link = "/proc/self/fd/" + std::to_string(blue.fd());
            ASSERT_EQ(::mount(link.c_str(), path.c_str(), nullptr, MS_BIND, nullptr), 0);
        }
        EXPECT_THAT(inodes(), testing::UnorderedElementsAre(held.inode(), mounted));
        ASSERT_EQ(::umount2(path.c_str(), MNT_DETACH), 0);
        EXPECT_THAT(inodes(), testing::ElementsAre(held.inode()));

        auto inside = support::Child::start([] {
            if (::unshare(CLONE_NEWNET) == 0) ::pause();
        });
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (inodes().size() < 2 && std::chrono::steady_clock::now() < deadline) {
        }
        EXPECT_EQ(inodes().size(), 2U) << "the child's, of which nobody has a descriptor";
        inside.kill();
        EXPECT_THAT(inodes(), testing::ElementsAre(held.inode()));
    });
}

TEST_F(MachineNamespacesTest, PassesOverAProcessThatEnded) {
    support::run_alone([] {
        const Namespace held = new_network();
        // A zombie's folder in /proc belongs to the machine's root: another user, though root of a
        // user namespace, may not look into it. This fails where the test is such a one already.
        constexpr uid_t kUser = 12345;
        if (::setresuid(kUser, kUser, kUser) == 0) ::prctl(PR_SET_DUMPABLE, 1);
        if (::unshare(CLONE_NEWUSER) != 0) ::_exit(support::Child::kSkipped);
        const pid_t ended = ::fork();
        ASSERT_GE(ended, 0);
        if (ended == 0) ::_exit(0);
        siginfo_t information{};
        ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(ended), &information, WEXITED | WNOWAIT), 0);
        const std::string descriptors = "/proc/" + std::to_string(ended) + "/fd";
        ASSERT_NE(::access(descriptors.c_str(), R_OK), 0) << "nothing would be tried here";
        EXPECT_THAT(inodes(), testing::ElementsAre(held.inode()));
        ASSERT_EQ(::waitpid(ended, nullptr, 0), ended);
    });
}

TEST_F(MachineNamespacesTest, SeesWhoHasWhichAddress) {
    support::run_alone([] {
        const Namespace pod = new_network();
        add_address(pod, "10.244.0.7", "net/pod7/eth0");
        std::optional<Namespace> other{new_network()};
        add_address(*other, "fd00::8");
        MachineNamespaces machine;
        const ipam::LiveAddress first{
            ip("10.244.0.7"), {pod.inode()}, InterfaceName{"eth0"}, "net/pod7/eth0"};
        const ipam::LiveAddress second{ip("fd00::8"), {other->inode()}, InterfaceName{"eth0"}};
        EXPECT_THAT(must(machine.addresses()), testing::UnorderedElementsAre(first, second));
        other.reset();
        EXPECT_THAT(must(machine.addresses()), testing::ElementsAre(first));
    });
}

}  // namespace
}  // namespace flatlan
