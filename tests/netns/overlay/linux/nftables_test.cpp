#include "overlay/linux/nftables/nftables.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/select.h>

#include <thread>
#include <vector>

#include "tests/support/network_test.hpp"

namespace flatlan {
namespace {

using support::must;

using NftablesTest = support::NetworkTest;

TEST_F(NftablesTest, CarriesOutCommandsAndPrintsThem) {
    const Namespace network = new_network();
    Nftables nftables = must(Nftables::open(network));
    must(nftables.run("add table inet one"));
    EXPECT_EQ(must(nftables.run("list tables")), "table inet one\n");
    EXPECT_TRUE(must(has_packet_filter(network)));
    EXPECT_FALSE(must(has_packet_filter(new_network()))) << "each namespace has its own";
}

TEST_F(NftablesTest, SaysWhatNftSaid) {
    Nftables nftables = must(Nftables::open(new_network()));
    const auto refused = nftables.run("add rule inet none none drop");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("No such file or directory"));
    must(nftables.run("add table inet two"));
}

// As when the nodes of a lab are made. Without a lock libnftables' table of interfaces, which a
// rule that names one reads, is changed by two at once.
TEST_F(NftablesTest, WorksOnManyThreadsAtOnce) {
    constexpr int kThreads = 8, kRounds = 40;
    std::vector<std::thread> threads;
    std::vector<int> made(kThreads);
    for (int& count : made)
        threads.emplace_back([&count, network = new_network()] {
            for (int i = 0; i < kRounds; ++i) {
                Nftables nftables = must(Nftables::open(network));
                must(
                    nftables.run("add table inet many; add chain inet many one; "
                                 "add rule inet many one iif 7 accept; delete table inet many"));
                ++count;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_THAT(made, testing::Each(kRounds));
}

TEST_F(NftablesTest, ATableWithAnOwnerGoesWithIt) {
    const Namespace network = new_network();
    {
        Nftables owner = must(Nftables::open(network));
        must(owner.run("add table inet mine { flags owner; }"));
        EXPECT_TRUE(must(has_packet_filter(network)));
    }
    EXPECT_FALSE(must(has_packet_filter(network)));
}

// A lab of a hundred nodes has them open; libnftables waits with select(2).
TEST_F(NftablesTest, WorksInAProcessWithThousandsOfFiles) {
    const Namespace network = new_network();
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_max < FD_SETSIZE + 100) GTEST_SKIP() << "only " << files.rlim_max << " files";
    const rlimit before = files;
    files.rlim_cur = files.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    std::vector<UniqueFd> held;
    do
        held.emplace_back(::fcntl(network.fd(), F_DUPFD_CLOEXEC, 0));
    while (held.back().get() >= 0 && held.back().get() <= FD_SETSIZE);
    ASSERT_GT(held.back().get(), FD_SETSIZE);

    Nftables nftables = must(Nftables::open(network));
    must(nftables.run("add table inet one"));
    EXPECT_EQ(must(nftables.run("list tables")), "table inet one\n");
    held.clear();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace flatlan
