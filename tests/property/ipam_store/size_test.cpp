// The size that flatlan promises of one node's database.
#include <chrono>

#include "tests/property/ipam_store/store_test.hpp"
#include "tests/support/rounds.hpp"

namespace flatlan::ipam {
namespace {

using Clock = std::chrono::steady_clock;

/// In memory, since a million syncs tell nothing that one does not.
struct SizeTest : StoreTest {
    SizeTest() : StoreTest{support::memory_folder()} {}

    static std::int64_t milliseconds_since(Clock::time_point begin) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
    }
};

TEST_F(SizeTest, ADatabaseHoldsAMillionPodsOfOneSlashEight) {
    serve("10.0.0.0/8");
    const std::uint64_t pods = support::rounds("ipam database: pods", 1'000'000, 10'000);
    auto begin = Clock::now();
    {
        const auto store = open();
        for (std::uint64_t pod = 0; pod < pods; ++pod)
            ASSERT_TRUE(store->allocate(key(pod), {.ipv4 = true})) << pod;
    }
    const auto filled_ms = milliseconds_since(begin);

    begin = Clock::now();
    const auto store = open();
    const auto next = store->allocate(key(pods), {.ipv4 = true});
    const auto opened_ms = milliseconds_since(begin);
    ASSERT_TRUE(next);
    EXPECT_EQ(IpAddress{*next.value().ipv4}, IpPrefix::from_text("10.0.0.0/8").value().at(pods))
        << "so each was given once, in order";
    EXPECT_EQ(store->view().value().blocks.at(0).usage.leased, pods + 1);
    EXPECT_TRUE(store->check());
    ASSERT_TRUE(store->release(key(pods / 2)).value());
    EXPECT_TRUE(store->find(key(pods / 2 + 1)).value());
    std::cout << pods << " pods given in " << filled_ms
              << " ms; the database opened anew and one more given in " << opened_ms << " ms, "
              << std::filesystem::file_size(file()) / 1024 << " KiB" << std::endl;
}

}  // namespace
}  // namespace flatlan::ipam
