#pragma once

#include <filesystem>
#include <memory>
#include <thread>

#include "overlay/lab/api_server.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::daemon {

/// The daemon's socket and the threads that answer on it, as long as this lives.
class SocketServer {
public:
    /// Makes the socket (mode 0600) and its folder, in place of one at which nobody listens any
    /// more. Error already_exists while another daemon listens there. `handler` is called on
    /// several threads.
    static Result<std::unique_ptr<SocketServer>> start(const std::filesystem::path& socket,
                                                       lab::ApiHandler handler);

    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;
    /// Waits for answers that are under way, and removes the socket.
    ~SocketServer();

private:
    SocketServer(std::filesystem::path socket, lab::ApiServer server);

    std::filesystem::path socket_;
    lab::ApiServer server_;
    std::thread thread_;
};

}  // namespace flatlan::daemon
