#include "overlay/linux/namespace.hpp"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <set>
#include <thread>

#include "overlay/linux/link.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan {
namespace {

using support::must;

class NamespaceTest : public support::NetworkTest {};

std::uint64_t here() { return must(Namespace::current_network()).inode(); }

TEST_F(NamespaceTest, IsMadeWithoutMovingTheThread) {
    const auto before = here();
    const Namespace made = new_network();
    EXPECT_NE(made.inode(), before);
    EXPECT_EQ(here(), before);
    EXPECT_EQ(made.kind(), NamespaceKind::network);
}

TEST_F(NamespaceTest, HasNothingButALoopbackThatIsDown) {
    auto netlink = netlink_in(new_network());
    const auto links = must(list_links(netlink));
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links.front().name.text(), "lo");
    EXPECT_FALSE(links.front().is_up());
}

TEST_F(NamespaceTest, IsNoFifoWhoseWriterNeverComes) {
    const support::TemporaryFolder folder;
    const auto fifo = folder.path() / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const auto opened = Namespace::open(fifo);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::invalid_argument);
}

TEST_F(NamespaceTest, RunsAClosureInsideAndComesBackEvenWhenItFails) {
    const auto before = here();
    const Namespace made = new_network();
    const auto inside = run_in(made, []() -> Result<std::uint64_t> { return here(); });
    EXPECT_EQ(must(inside), made.inode());
    const auto failed = run_in(made, []() -> Result<void> {
        return Error{ErrorCode::conflict, "on purpose"};
    });
    EXPECT_EQ(failed.error().text(), "on purpose");
    EXPECT_EQ(here(), before);
}

TEST_F(NamespaceTest, MovesOneThreadAlone) {
    const auto before = here();
    const Namespace made = new_network();
    const auto scope = must(NamespaceScope::enter(made));
    EXPECT_EQ(here(), made.inode());
    std::uint64_t elsewhere = 0;
    std::thread{[&] { elsewhere = here(); }}.join();  // a thread starts where its maker is
    EXPECT_EQ(elsewhere, made.inode());
    std::thread{[&] {
        const auto inner = must(NamespaceScope::here());
        elsewhere = must(must(NamespaceScope::here()).move_to_new()).inode();
    }}.join();
    EXPECT_EQ(here(), made.inode());
    EXPECT_NE(elsewhere, before);
}

TEST_F(NamespaceTest, ManyAreMadeOneAfterAnotherFromOneScope) {
    const auto before = here();
    std::set<std::uint64_t> inodes;
    std::vector<Namespace> made;
    {
        auto scope = must(NamespaceScope::here());
        for (int i = 0; i < 50; ++i)
            made.push_back(must(scope.move_to_new()));
    }
    for (const auto& one : made)
        inodes.insert(one.inode());
    EXPECT_EQ(inodes.size(), 50U);
    EXPECT_FALSE(inodes.contains(before));
    EXPECT_EQ(here(), before);
}

TEST_F(NamespaceTest, IsTheSameBehindADuplicateAndAPath) {
    const Namespace made = new_network();
    const Namespace copy = must(made.duplicate());
    EXPECT_EQ(copy.inode(), made.inode());
    EXPECT_NE(copy.fd(), made.fd());
    const Namespace opened = must(Namespace::open("/proc/self/fd/" + std::to_string(made.fd())));
    EXPECT_EQ(opened.inode(), made.inode());
    EXPECT_EQ(opened.kind(), NamespaceKind::network);
}

TEST_F(NamespaceTest, RefusesWhatIsNoNamespace) {
    const auto plain = Namespace::open("/dev/null");
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(plain.error().text(), "'/dev/null': is no namespace");
    const auto missing = Namespace::open("/run/netns/there-is-none");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
}

TEST_F(NamespaceTest, CannotBeEnteredAsAnotherKind) {
    const Namespace uts = must(Namespace::create_uts("web-0"));
    EXPECT_EQ(uts.kind(), NamespaceKind::uts);
    const auto entered = NamespaceScope::enter(uts);
    ASSERT_FALSE(entered);
    EXPECT_NE(entered.error().text().find("enter a network namespace"), std::string::npos);
}

TEST_F(NamespaceTest, OfHostNamesLeavesTheThreadsOwnNameAlone) {
    utsname before{};
    utsname after{};
    ASSERT_EQ(::uname(&before), 0);
    const Namespace uts = must(Namespace::create_uts("web-0"));
    ASSERT_EQ(::uname(&after), 0);
    EXPECT_STREQ(after.nodename, before.nodename);
    EXPECT_NE(std::string_view{before.nodename}, "web-0");
    EXPECT_EQ(must(Namespace::create_ipc()).kind(), NamespaceKind::ipc);

    const auto refused = Namespace::create_uts(std::string(65, 'x'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().system_errno(), EINVAL);
}

}  // namespace
}  // namespace flatlan
