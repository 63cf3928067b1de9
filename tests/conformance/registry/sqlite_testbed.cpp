#include <sqlite3.h>

#include "overlay/registry/sqlite/sqlite_registry.hpp"
#include "tests/conformance/registry/registry_contract.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::registry {
namespace {

/// A database in a folder of the test's own. It is cut off by another program that locks it.
class SqliteTestbed final : public Testbed {
public:
    ~SqliteTestbed() override { sqlite3_close(other_); }

    std::unique_ptr<Registry> connect() override { return open(); }
    void let_pass(Duration span) override {
        now_ = now_.load() + span.count();
        EXPECT_TRUE(open()->state());  // any call of any process ends what has passed
    }
    void compact() override { EXPECT_TRUE(open()->forget_history()); }
    void cut() override {
        ASSERT_EQ(sqlite3_open(file().c_str(), &other_), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(other_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    }
    void heal() override {
        sqlite3_close(other_);
        other_ = nullptr;
    }

private:
    std::filesystem::path file() const { return folder_.path() / "registry.db"; }
    std::unique_ptr<SqliteRegistry> open() {
        auto opened = SqliteRegistry::open({.file = file(), .boot = {}, .clock = [this] {
                                                return Instant::from_nanoseconds(now_);
                                            }});
        if (!opened) ADD_FAILURE() << opened.error().to_string();
        return opened ? std::move(opened).value() : nullptr;
    }

    support::TemporaryFolder folder_;
    std::atomic<std::int64_t> now_ = 0;
    sqlite3* other_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, RegistryContract,
                         testing::Values(Store{"sqlite",
                                               [] { return std::make_unique<SqliteTestbed>(); }}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace flatlan::registry
