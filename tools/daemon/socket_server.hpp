#pragma once

#include <filesystem>
#include <memory>
#include <thread>

#include "overlay/lab/api_server.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tools/daemon/metrics/metrics_place.hpp"

namespace flatlan::daemon {

/// A socket of the daemon and the threads that answer on it, as long as this lives.
class SocketServer {
public:
    /// Makes the socket (mode 0600) and its folder, in place of one at which nobody listens any
    /// more. Error already_exists while another daemon listens there. `handler` is called on
    /// several threads. Errors name `flag`, by which the place was given.
    static Result<std::unique_ptr<SocketServer>> start(const std::filesystem::path& socket,
                                                       const std::string& flag,
                                                       lab::ApiHandler handler,
                                                       const lab::ApiLimits& limits = {});
    /// The same on a TCP port.
    static Result<std::unique_ptr<SocketServer>> start(const TcpPlace& place,
                                                       const std::string& flag,
                                                       lab::ApiHandler handler,
                                                       const lab::ApiLimits& limits);

    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;
    /// Waits for answers that are under way, and removes the socket.
    ~SocketServer();

private:
    SocketServer(std::filesystem::path socket, lab::ApiServer server);

    std::filesystem::path socket_;  ///< empty: a TCP port
    lab::ApiServer server_;
    std::thread thread_;
};

}  // namespace flatlan::daemon
