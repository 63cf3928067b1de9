#include "overlay/registry/mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/registry/memory_registry.hpp"
#include "tests/support/forwarding_registry.hpp"

namespace flatlan::registry {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// Lists one record a page, and does something after each page.
class BetweenPages final : public support::ForwardingRegistry {
public:
    using ForwardingRegistry::ForwardingRegistry;
    std::function<Result<void>(std::string_view last_key)> after_page;

    Result<Page> list(std::string_view prefix, std::string_view after, std::size_t) override {
        auto page = target().list(prefix, after, 1);
        if (page && !page.value().records.empty() && after_page)
            FLATLAN_TRY_VOID(after_page(page.value().records.back().key));
        return page;
    }
};

struct MirrorTest : testing::Test {
    Revision put(std::string_view key, std::string_view value) {
        const auto known = registry.get(key).value();
        return registry.put(key, value, known ? known->revision : Revision{}, {}).value();
    }
    void remove(std::string_view key) {
        ASSERT_TRUE(registry.remove(key, registry.get(key).value()->revision));
    }
    Mirror::Records truth() {
        Mirror::Records records;
        const Page page = registry.list("", "", 100).value();
        for (const Record& record : page.records)
            records.emplace(record.key, record);
        return records;
    }

    MemoryRegistry registry{{.clock = [] { return Instant{}; }}};
    BetweenPages paged{registry};
};

TEST_F(MirrorTest, FollowsWhatChangesWhileItReadsPages) {
    for (const auto* key : {"a", "b", "c", "d"})
        put(key, "1");
    paged.after_page = [&](std::string_view last) -> Result<void> {
        if (last != "b") return success();
        put("a", "2");  // on a page that was read
        remove("b");
        put("c", "2");  // on a page that will be read
        remove("d");
        put("e", "1");
        remove("c");
        put("c", "3");
        return success();
    };
    Mirror mirror{paged, ""};
    ASSERT_TRUE(mirror.poll(Duration{0}));
    ASSERT_TRUE(mirror.poll(Duration{0}));
    EXPECT_EQ(mirror.records(), truth());
    EXPECT_THAT(mirror.poll(Duration{0}).value(), IsEmpty());
}

TEST_F(MirrorTest, ReportsNoChangeTwice) {
    put("a", "1");
    put("b", "1");
    paged.after_page = [&](std::string_view last) -> Result<void> {
        if (last == "a") put("b", "2");
        return success();
    };
    Mirror mirror{paged, ""};
    EXPECT_THAT(mirror.poll(Duration{0}).value(), SizeIs(2));
    EXPECT_THAT(mirror.poll(Duration{0}).value(), IsEmpty()) << "the page showed it already";
}

TEST_F(MirrorTest, ShowsWhatWasWrittenBeforeWhateverALaterPageShows) {
    put("block", "old");
    put("epoch", "gathering");
    paged.after_page = [&](std::string_view last) -> Result<void> {
        if (last != "block") return success();
        put("block", "new");
        put("another block", "new");
        put("epoch", "whole");
        return success();
    };
    Mirror mirror{paged, ""};
    EXPECT_THAT(mirror.poll(Duration{0}).value(), SizeIs(3));
    EXPECT_EQ(mirror.records(), truth());
    EXPECT_THAT(mirror.poll(Duration{0}).value(), IsEmpty());
}

TEST_F(MirrorTest, ShowsNothingWhenWhatIsBetweenItsPagesIsForgotten) {
    put("a", "1");
    put("b", "1");
    paged.after_page = [&](std::string_view last) -> Result<void> {
        if (last != "a") return success();
        put("a", "2");
        put("b", "2");
        registry.forget_history();
        return success();
    };
    Mirror mirror{paged, ""};
    EXPECT_EQ(mirror.poll(Duration{0}).error().code(), ErrorCode::unavailable);
    EXPECT_FALSE(mirror.is_filled());
    paged.after_page = nullptr;
    EXPECT_THAT(mirror.poll(Duration{0}).value(), SizeIs(2));
}

TEST_F(MirrorTest, KeepsItsCopyWhenAPageFailsAndTriesAgain) {
    put("a", "1");
    Mirror mirror{paged, ""};
    ASSERT_TRUE(mirror.poll(Duration{0}));
    put("a", "2");
    put("b", "1");
    registry.forget_history();
    paged.after_page = [](std::string_view) -> Result<void> {
        return Error{ErrorCode::unavailable, "cut off"};
    };
    EXPECT_EQ(mirror.poll(Duration{0}).error().code(), ErrorCode::unavailable);
    EXPECT_EQ(mirror.records().at("a").value, "1");
    paged.after_page = nullptr;
    EXPECT_THAT(mirror.poll(Duration{0}).value(), SizeIs(2));
    EXPECT_EQ(mirror.records(), truth());
}

TEST_F(MirrorTest, KnowsThatItHasNotReadAnythingYet) {
    paged.after_page = [](std::string_view) -> Result<void> {
        return Error{ErrorCode::unavailable, "cut off"};
    };
    put("a", "1");
    Mirror mirror{paged, ""};
    EXPECT_FALSE(mirror.poll(Duration{0}));
    EXPECT_FALSE(mirror.is_filled());
    paged.after_page = nullptr;
    EXPECT_TRUE(mirror.poll(Duration{0}));
    EXPECT_TRUE(mirror.is_filled());
}

}  // namespace
}  // namespace flatlan::registry
