#pragma once

#include <functional>
#include <memory>
#include <string>

#include "overlay/lab/api_message.hpp"

namespace flatlan::lab {

/// Answers one request; called on several threads at once.
using ApiHandler = std::function<ApiResponse(const ApiRequest&)>;

/// The HTTP server on a lab's Unix socket, and the supervisor's wait for signals.
class ApiServer {
public:
    /// Binds and listens; the socket's mode is 0600 from the first moment. Error already_exists
    /// when the path is taken.
    static Result<ApiServer> listen(const std::string& socket_path, ApiHandler handler);

    ApiServer(ApiServer&&) noexcept;
    ApiServer& operator=(ApiServer&&) noexcept;
    ~ApiServer();

    /// Serves until an answer that is the last one has been sent, `stop` is called, or SIGTERM or
    /// SIGINT comes. Ended children are waited for meanwhile: the supervisor is PID 1 of its
    /// namespace.
    void run();

    /// Ends `run`; from any thread.
    void stop();

private:
    struct State;
    explicit ApiServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace flatlan::lab
