#include "overlay/node/offload_trials.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "tests/support/network_test.hpp"

namespace flatlan::node {
namespace {

using support::must;
using testing::ElementsAre;
using testing::IsEmpty;
using Found = Result<std::optional<tunnel::OffloadVerdict>>;
using std::chrono::steady_clock;

/// Trials that find what a test says, one after the other; after those there is none to make.
class OffloadTrialsTest : public testing::Test {
protected:
    void start(std::vector<tunnel::OffloadVerdict> verdicts) {
        verdicts_ = std::move(verdicts);
        trials_ = must(OffloadTrials::start([this](int) { return make(); },
                                            [this](const std::string& words) {
                                                const std::lock_guard changing{mutex_};
                                                told_.push_back(words);
                                            }));
    }
    Found make() {
        const std::lock_guard changing{mutex_};
        const std::size_t number = made_.size();
        made_.push_back(steady_clock::now());
        changed_.notify_all();
        if (number >= verdicts_.size()) return std::optional<tunnel::OffloadVerdict>{};
        return std::optional{verdicts_[number]};
    }
    /// When they were made, once there are so many.
    std::vector<steady_clock::time_point> await(std::size_t count) {
        std::unique_lock reading{mutex_};
        EXPECT_TRUE(changed_.wait_for(reading, std::chrono::seconds{60},
                                      [&] { return made_.size() >= count; }));
        return made_;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<tunnel::OffloadVerdict> verdicts_;
    std::vector<steady_clock::time_point> made_;
    std::vector<std::string> told_;
    std::unique_ptr<OffloadTrials> trials_;
};

TEST_F(OffloadTrialsTest, AreMadeAfterAChangeAndUntilAPeerAnswers) {
    start({{.known = false}, {.known = true, .note = "tx is off"}});
    trials_->handle_change();
    const auto made = await(2);
    EXPECT_GE(made[1] - made[0], std::chrono::seconds{2}) << "nobody may come in a moment";
    trials_->handle_change();
    EXPECT_EQ(await(3).size(), 3U) << "none without a change";
    trials_.reset();
    EXPECT_THAT(told_, ElementsAre("tx is off"));
}

TEST_F(OffloadTrialsTest, AreNotMadeBeforeTheTunnelIs) {
    start({});
    trials_.reset();
    EXPECT_THAT(made_, IsEmpty());
}

TEST(OffloadTrials, EndInTheMiddleOfOne) {
    bool ended = false;
    std::mutex mutex;
    std::condition_variable changed;
    bool begun = false;
    auto trials = must(OffloadTrials::start(
        [&](int stop) -> Found {
            {
                const std::lock_guard changing{mutex};
                begun = true;
            }
            changed.notify_all();
            pollfd told{stop, POLLIN, 0};
            ended = poll(&told, 1, 60'000) == 1;
            return Error{ErrorCode::interrupted, "ended"};
        },
        [](const std::string& words) { ADD_FAILURE() << words; }));
    trials->handle_change();
    std::unique_lock reading{mutex};
    ASSERT_TRUE(changed.wait_for(reading, std::chrono::seconds{60}, [&] { return begun; }));
    reading.unlock();
    trials.reset();
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace flatlan::node
