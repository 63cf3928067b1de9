// Disks that take no more: a change either lasts or is refused by name, and nothing that was there
// before is lost.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/property/ipam_store/crowd.hpp"
#include "tests/support/child.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::ipam {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kPodsMax = 8'192;

struct FullDiskTest : CrowdTest {
    /// Allocates until it is refused; says how many pods got an address.
    static std::uint64_t allocate_until_refused(LeaseStore& store, Error& refusal) {
        for (std::uint64_t pod = 0; pod < kPodsMax; ++pod) {
            const auto given = store.allocate(key(pod), {.ipv4 = true});
            if (given) continue;
            refusal = given.error();
            return pod;
        }
        ADD_FAILURE() << "the disk never got full";
        return kPodsMax;
    }

    /// Four processes that wait for their turn; the first is to do what all want.
    std::unique_ptr<Crowd> four_from(std::uint64_t pod) const {
        auto crowd = std::make_unique<Crowd>(file());
        for (std::uint64_t i = 0; i < 4; ++i)
            crowd->add(options(), allocates(pod + i));
        return crowd;
    }

    static void expect_pods(LeaseStore& store, std::uint64_t count) {
        const auto view = store.view();
        ASSERT_TRUE(view) << view.error().to_string();
        EXPECT_EQ(view.value().leases.size(), count);
    }
};

/// Sets how large a file may get, which this process may also undo.
void limit_files(std::optional<rlim_t> size_bytes) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size_bytes.value_or(limit.rlim_max);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST_F(FullDiskTest, AFileThatMayNotGrowRefusesWhatDoesNotFitAndKeepsTheRest) {
    serve("10.244.0.0/19");
    auto child = support::Child::start([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const auto store = open();
        limit_files(std::filesystem::file_size(file().string() + "-wal") + 64 * 1024);
        Error refusal;
        const std::uint64_t pods = allocate_until_refused(*store, refusal);
        EXPECT_GT(pods, 0U);
        EXPECT_THAT(refusal.text(), HasSubstr(file().string()));
        expect_pods(*store, pods);
        expect_pods(*open(), pods);
        limit_files(std::nullopt);
        EXPECT_TRUE(store->allocate(key(pods), {.ipv4 = true})) << "it goes on as if nothing was";
        EXPECT_TRUE(store->release(key(0)).value());
        expect_pods(*store, pods);
        EXPECT_TRUE(store->check());
    });
    EXPECT_EQ(child.wait(), 0);
}

/// A file system of 512 KiB at `folder`, in a mount namespace of this process' own.
bool mount_small_disk(const std::filesystem::path& folder) {
    return support::enter_own_namespaces().empty() && ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=512k") == 0;
}

void fill(const std::filesystem::path& file) {
    std::ofstream filler{file, std::ios::binary | std::ios::app};
    const std::string page(4096, 'x');
    while (filler.write(page.data(), static_cast<std::streamsize>(page.size())) && filler.flush()) {
    }
}

TEST_F(FullDiskTest, AFullDiskRefusesWhatDoesNotFitAndKeepsTheRest) {
    auto child = support::Child::start([&] {
        if (!mount_small_disk(folder.path())) ::_exit(support::Child::kSkipped);
        serve("10.244.0.0/19");
        const auto store = open();
        ASSERT_TRUE(store->allocate(key(9'000), {.ipv4 = true}));
        const auto filler = folder.path() / "filler";
        fill(filler);
        Error refusal;
        const std::uint64_t pods = allocate_until_refused(*store, refusal) + 1;
        EXPECT_EQ(refusal.code(), ErrorCode::exhausted) << refusal.to_string();
        EXPECT_THAT(refusal.text(), HasSubstr(file().string()));
        expect_pods(*store, pods);

        // Neither the database nor the journal has room: then, and only then, a release fails.
        const auto release = release_or_queue(options(), key(9'000));
        EXPECT_FALSE(release);
        expect_pods(*open(), pods);
        std::filesystem::remove(filler);
        EXPECT_EQ(release_or_queue(options(), key(9'000)).value(), Released::now);
        EXPECT_TRUE(store->allocate(key(9'001), {.ipv4 = true}));
        expect_pods(*store, pods);
        EXPECT_TRUE(store->check());
    });
    const int status = child.wait();
    if (status == support::Child::kSkipped) GTEST_SKIP() << "no mount namespace or tmpfs here";
    EXPECT_EQ(status, 0);
}

TEST_F(FullDiskTest, AFullDiskRefusesEachOfThoseThatWaitAndLaterTakesThemAll) {
    auto child = support::Child::start([&] {
        if (!mount_small_disk(folder.path())) ::_exit(support::Child::kSkipped);
        serve("10.244.0.0/19");
        const auto store = open();
        const auto before = four_from(9'000);
        const auto after = four_from(9'100);
        const auto filler = folder.path() / "filler";
        fill(filler);
        Error refusal;
        const std::uint64_t pods = allocate_until_refused(*store, refusal);
        before->run();
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_FALSE(before->told(i).succeeded);
            EXPECT_THAT(before->told(i).error.data(), HasSubstr(file().string()));
        }
        expect_pods(*open(), pods);
        std::filesystem::remove(filler);
        after->run();
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_TRUE(after->told(i).succeeded) << after->told(i).error.data();
            EXPECT_EQ(after->told(i).address, address_of(9'100 + i));
        }
        expect_pods(*store, pods + 4);
        EXPECT_TRUE(store->check());
    });
    const int status = child.wait();
    if (status == support::Child::kSkipped) GTEST_SKIP() << "no mount namespace or tmpfs here";
    EXPECT_EQ(status, 0);
}

TEST_F(FullDiskTest, ADiskThatIsFullFromTheStartSaysSoAndLeavesNoHalfDatabase) {
    auto child = support::Child::start([&] {
        if (!mount_small_disk(folder.path())) ::_exit(support::Child::kSkipped);
        const auto filler = folder.path() / "filler";
        fill(filler);
        const auto refused = SqliteLeaseStore::open(options());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::exhausted) << refused.error().to_string();
        std::filesystem::remove(filler);
        serve("10.244.0.0/30");
        EXPECT_TRUE(open()->allocate(key(1), {.ipv4 = true}));
    });
    const int status = child.wait();
    if (status == support::Child::kSkipped) GTEST_SKIP() << "no mount namespace or tmpfs here";
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace flatlan::ipam
