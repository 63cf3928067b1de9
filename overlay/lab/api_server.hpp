#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"
#include "overlay/lab/api_message.hpp"

namespace flatlan::lab {

/// Answers one request; called on several threads at once.
using ApiHandler = std::function<ApiResponse(const ApiRequest&)>;

/// What clients may take of a server.
struct ApiLimits {
    std::uint64_t body_size_max_bytes = 32U << 20U;
    std::size_t connections_max = 256;
    /// One change may be under way while others ask; more threads would only wait.
    std::size_t threads = 4;
    std::optional<Duration> idle{};  ///< then the connection is closed; none: never
};

/// The HTTP server on a Unix socket: a lab's, with its supervisor's wait for signals, or that of a
/// node's daemon, which has its own. Or on a TCP port, for what may be read without being asked who
/// reads.
class ApiServer {
public:
    /// Whether SIGTERM and SIGINT end it, and SIGCHLD has children waited for.
    enum class Signals : std::uint8_t { handled, left_alone };

    /// Binds and listens; the socket's mode is 0600 from the first moment. Error already_exists
    /// when the path is taken.
    static Result<ApiServer> listen(const std::string& socket_path, ApiHandler handler,
                                    Signals signals = Signals::handled, ApiLimits limits = {});
    /// The same on a TCP port, with the signals left alone.
    static Result<ApiServer> listen(const IpAddress& address, Port port, ApiHandler handler,
                                    ApiLimits limits);

    ApiServer(ApiServer&&) noexcept;
    ApiServer& operator=(ApiServer&&) noexcept;
    ~ApiServer();

    /// Serves until an answer that is the last one has been sent, `stop` is called, or, where
    /// signals are handled, SIGTERM or SIGINT comes. Ended children are waited for meanwhile: the
    /// supervisor is PID 1 of its namespace.
    /// `ending` is called before the handlers that still work are waited for.
    void run(const std::function<void()>& ending = {});

    /// Ends `run`, now or as soon as it begins; from any thread.
    void stop();

private:
    struct State;
    explicit ApiServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace flatlan::lab
