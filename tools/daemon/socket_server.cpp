#include "tools/daemon/socket_server.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace flatlan::daemon {
namespace {

/// Whether somebody listens there.
bool is_answered(const std::filesystem::path& path) {
    const UniqueFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.native().begin(), path.native().end(), std::begin(address.sun_path));
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Result<std::unique_ptr<SocketServer>> SocketServer::start(const std::filesystem::path& socket,
                                                          const std::string& flag,
                                                          lab::ApiHandler handler,
                                                          const lab::ApiLimits& limits) {
    if (auto fits = lab::check_socket_path(socket); !fits) return std::move(fits).error().at(flag);
    if (is_answered(socket))
        return Error{ErrorCode::already_exists,
                     "another flatland listens on '" + socket.string() + "'"}
            .at(flag)
            .expecting("one flatland on a node, or a socket of its own for each");
    std::error_code failed;
    std::filesystem::create_directories(socket.parent_path(), failed);
    if (failed)
        return Error::from_errno(failed.value(), "make '" + socket.parent_path().string() + "'");
    if (::unlink(socket.c_str()) != 0 && errno != ENOENT)
        return Error::from_errno(errno, "remove '" + socket.string() + "'").at(flag);
    auto server = lab::ApiServer::listen(socket, std::move(handler),
                                         lab::ApiServer::Signals::left_alone, limits);
    if (!server) return std::move(server).error().at(flag);
    return std::unique_ptr<SocketServer>{new SocketServer{socket, std::move(server).value()}};
}

Result<std::unique_ptr<SocketServer>> SocketServer::start(const TcpPlace& place,
                                                          const std::string& flag,
                                                          lab::ApiHandler handler,
                                                          const lab::ApiLimits& limits) {
    auto server = lab::ApiServer::listen(place.address, place.port, std::move(handler), limits);
    if (!server) return std::move(server).error().at(flag);
    return std::unique_ptr<SocketServer>{new SocketServer{{}, std::move(server).value()}};
}

SocketServer::SocketServer(std::filesystem::path socket, lab::ApiServer server)
    : socket_{std::move(socket)}, server_{std::move(server)}, thread_{[this] { server_.run(); }} {}

SocketServer::~SocketServer() {
    server_.stop();
    thread_.join();
    // One that is left is replaced by the next daemon.
    if (!socket_.empty()) ::unlink(socket_.c_str());
}

}  // namespace flatlan::daemon
