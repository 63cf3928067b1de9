#include "overlay/lab/api_client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <utility>  // before Asio's headers, which use std::exchange without it (Boost 1.74)

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace flatlan::lab {
namespace {

namespace http = boost::beast::http;
using Local = boost::asio::local::stream_protocol;

/// The status of the largest lab fits: 100,000 pods of some 300 octets each.
constexpr std::uint64_t kAnswerSizeMaxBytes = 256U << 20U;
constexpr unsigned kHttpVersion = 11;

Error unreachable(const boost::beast::error_code& failed, const std::string& attempt) {
    if (failed == boost::system::errc::permission_denied)
        return Error{ErrorCode::forbidden, attempt + ": " + failed.message()}.expecting(
            "the user whose it is, or root");
    return Error{ErrorCode::unavailable, attempt + ": " + failed.message()};
}

pid_t peer_of(Local::socket& socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    return credentials.pid;
}

}  // namespace

Result<ApiAnswer> ask(const std::string& socket_path, const ApiRequest& request,
                      std::optional<std::chrono::milliseconds> patience) {
    FLATLAN_TRY_VOID(check_socket_path(socket_path));
    boost::asio::io_context loop;
    Local::socket socket{loop};
    boost::beast::error_code failed;
    socket.connect(Local::endpoint{socket_path}, failed);
    if (failed) return unreachable(failed, "connect to " + socket_path);

    http::request<http::string_body> message{http::string_to_verb(request.method), request.path,
                                             kHttpVersion};
    message.set(http::field::host, "flatlan");
    message.body() = request.body;
    message.prepare_payload();
    http::write(socket, message, failed);
    if (failed) return unreachable(failed, "ask " + socket_path);

    pollfd answer{socket.native_handle(), POLLIN, 0};
    if (patience && poll(&answer, 1, static_cast<int>(patience->count())) == 0)
        return Error{ErrorCode::timed_out, "nothing comes from " + socket_path};
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerSizeMaxBytes);
    http::read(socket, buffer, parser, failed);
    if (failed) return unreachable(failed, "read the answer of " + socket_path);
    if (parser.get().result_int() >= 400) return error_from_json(parser.get().body());
    return ApiAnswer{std::move(parser.get().body()), peer_of(socket)};
}

}  // namespace flatlan::lab
