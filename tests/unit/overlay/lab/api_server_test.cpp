#include "overlay/lab/api_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <thread>

#include "overlay/lab/api_client.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {
namespace {

namespace fs = std::filesystem;

/// A server on a socket of its own, whose handler is `handler`; ends with the test.
class ApiServerTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "flatlan-test-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override {
        if (server_) server_->stop();
        if (serving_.joinable()) serving_.join();
        fs::remove_all(folder_);
    }
    void serve(ApiHandler handler, ApiLimits limits = {}) {
        auto server =
            ApiServer::listen(socket(), std::move(handler), ApiServer::Signals::handled, limits);
        ASSERT_TRUE(server) << server.error().to_string();
        server_.emplace(std::move(server).value());
        serving_ = std::thread{[this] { server_->run(); }};
    }
    std::string socket() const { return (folder_ / "api.sock").string(); }

    fs::path folder_;
    std::optional<ApiServer> server_;
    std::thread serving_;
};

TEST_F(ApiServerTest, HandsTheRequestOverAndTheAnswerBack) {
    serve([](const ApiRequest& request) {
        return ApiResponse{200, request.method + " " + request.path + " " + request.body};
    });
    const auto answer = ask(socket(), {"POST", "/v1/apply", "nodes: 3"});
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer.value().body, "POST /v1/apply nodes: 3");
    EXPECT_EQ(answer.value().supervisor, getpid());
}

TEST_F(ApiServerTest, ClosesAConnectionOnWhichNothingComes) {
    ApiLimits limits;
    limits.idle = std::chrono::milliseconds{1};
    serve([](const ApiRequest&) { return ApiResponse{}; }, limits);
    const UniqueFd silent{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket();
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    ASSERT_EQ(::connect(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    char octet = 0;
    EXPECT_EQ(::read(silent.get(), &octet, 1), 0) << "its end";
}

TEST_F(ApiServerTest, GivesUpOnAListenerThatIsMuteWithAQueueThatHasPlaceOrIsFull) {
    const UniqueFd mute{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket();
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    ASSERT_EQ(::bind(mute.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(mute.get(), 0), 0);  // has place for one
    for (const char* queue : {"has place", "is full"}) {
        const auto answer = ask(path, {"GET", "/v1/node", ""}, std::chrono::milliseconds{10});
        ASSERT_FALSE(answer) << queue;
        EXPECT_EQ(answer.error().code(), ErrorCode::timed_out)
            << queue << ": " << answer.error().to_string();
    }
}

TEST_F(ApiServerTest, LetsNobodyElseConnect) {
    serve([](const ApiRequest&) { return ApiResponse{}; });
    EXPECT_EQ(fs::status(socket()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(ApiServerTest, CarriesARefusalWhole) {
    serve([](const ApiRequest&) {
        return refuse(
            Error{ErrorCode::conflict, "taken"}.at("lab.yaml:3").expecting("another name"));
    });
    const auto refused = ask(socket(), {"GET", "/v1/lab", ""});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:3: taken (expected another name)");
}

TEST_F(ApiServerTest, AnswersOthersWhileOneWaits) {
    std::promise<void> release;
    auto released = release.get_future();
    serve([&](const ApiRequest& request) {
        if (request.path == "/slow") released.wait();
        return ApiResponse{200, request.path};
    });
    auto slow = std::async(std::launch::async, [&] { return ask(socket(), {"GET", "/slow", ""}); });
    const auto quick = ask(socket(), {"GET", "/quick", ""});
    release.set_value();
    ASSERT_TRUE(quick);
    EXPECT_EQ(quick.value().body, "/quick");
    EXPECT_EQ(slow.get().value().body, "/slow");
}

TEST_F(ApiServerTest, EndsAfterTheLastAnswerAndNotBeforeItIsSent) {
    serve([](const ApiRequest&) { return ApiResponse{200, std::string(1U << 20U, 'x'), true}; });
    const auto answer = ask(socket(), {"POST", "/v1/down", ""});
    serving_.join();
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer.value().body.size(), 1U << 20U);
}

TEST_F(ApiServerTest, RefusesAPathThatIsTaken) {
    serve([](const ApiRequest&) { return ApiResponse{}; });
    const auto second =
        ApiServer::listen(socket(), [](const ApiRequest&) { return ApiResponse{}; });
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::already_exists);
}

TEST_F(ApiServerTest, SaysWhenNobodyListens) {
    EXPECT_EQ(ask(socket(), {"GET", "/v1/lab", ""}).error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace flatlan::lab
