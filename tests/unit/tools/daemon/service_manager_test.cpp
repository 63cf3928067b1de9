#include "tools/daemon/service_manager.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace flatlan::daemon {
namespace {

class ServiceManagerTest : public testing::Test {
protected:
    void TearDown() override {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
            ::unsetenv(name);
    }
};

TEST_F(ServiceManagerTest, IsNotThereWhereNobodyAsked) {
    const auto request = ServiceManager::request_from_environment();
    EXPECT_TRUE(request.socket.empty());
    auto manager = ServiceManager::open(request);
    ASSERT_TRUE(manager);
    EXPECT_FALSE(manager.value().watchdog_interval());
    manager.value().tell_ready("told to nobody");
}

TEST_F(ServiceManagerTest, IsToldTwiceAsOftenAsItWaits) {
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    const auto manager = ServiceManager::open(ServiceManager::request_from_environment());
    ASSERT_TRUE(manager);
    EXPECT_EQ(manager.value().watchdog_interval(), Duration{std::chrono::milliseconds{1500}});
}

TEST_F(ServiceManagerTest, DoesNotWatchForAnotherProcess) {
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_FALSE(ServiceManager::request_from_environment().watchdog);
    ::unsetenv("WATCHDOG_PID");
    ::setenv("WATCHDOG_USEC", "soon", 1);
    EXPECT_FALSE(ServiceManager::request_from_environment().watchdog);
}

TEST_F(ServiceManagerTest, RefusesWhatIsNoSocket) {
    for (const std::string& name : {std::string{"relative"}, "/" + std::string(200, 'x')}) {
        const auto manager = ServiceManager::open({.socket = name});
        ASSERT_FALSE(manager);
        EXPECT_EQ(manager.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(manager.error().where(), "NOTIFY_SOCKET");
    }
    EXPECT_EQ(ServiceManager::open({.socket = "/nowhere/at/all"}).error().code(),
              ErrorCode::not_found);
}

}  // namespace
}  // namespace flatlan::daemon
