#include "overlay/lab/api_client.hpp"

#include <sys/socket.h>

#include <chrono>
#include <utility>  // before Asio's headers, which use std::exchange without it (Boost 1.74)

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace flatlan::lab {
namespace {

namespace http = boost::beast::http;
using Local = boost::asio::local::stream_protocol;
using std::chrono::steady_clock;

/// The status of the largest lab fits: 100,000 pods of some 300 octets each.
constexpr std::uint64_t kAnswerSizeMaxBytes = 256U << 20U;
constexpr unsigned kHttpVersion = 11;

Error unreachable(const boost::beast::error_code& failed, const std::string& attempt) {
    if (failed == boost::system::errc::permission_denied)
        return Error{ErrorCode::forbidden, attempt + ": " + failed.message()}.expecting(
            "the user whose it is, or root");
    return Error{ErrorCode::unavailable, attempt + ": " + failed.message()};
}

/// Where the listener's queue is full, `connect` waits, and as long as it would to send.
void limit_connecting(Local::socket& socket, std::chrono::milliseconds patience) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    const timeval at_most{seconds.count(), std::chrono::microseconds{patience - seconds}.count()};
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &at_most, sizeof at_most);
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
    const auto deadline = steady_clock::now() + patience.value_or(std::chrono::milliseconds{});
    const Error late{ErrorCode::timed_out, "nothing comes from " + socket_path};
    boost::asio::io_context loop;
    Local::socket socket{loop};
    boost::beast::error_code failed;
    socket.open({}, failed);
    if (failed) return unreachable(failed, "make a socket for " + socket_path);
    if (patience) limit_connecting(socket, *patience);
    socket.connect(Local::endpoint{socket_path}, failed);
    // What is EAGAIN to the kernel.
    if (patience && failed == boost::system::errc::no_buffer_space) return late;
    if (failed) return unreachable(failed, "connect to " + socket_path);

    http::request<http::string_body> message{http::string_to_verb(request.method), request.path,
                                             kHttpVersion};
    message.set(http::field::host, "flatlan");
    message.body() = request.body;
    message.prepare_payload();
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerSizeMaxBytes);
    std::string attempt = "ask " + socket_path;
    http::async_write(socket, message, [&](const auto& written, std::size_t) {
        failed = written;
        if (failed) return;
        attempt = "read the answer of " + socket_path;
        http::async_read(socket, buffer, parser,
                         [&](const auto& read, std::size_t) { failed = read; });
    });
    if (patience)
        loop.run_until(deadline);
    else
        loop.run();
    if (!loop.stopped()) return late;
    if (failed) return unreachable(failed, attempt);
    if (parser.get().result_int() >= 400) return error_from_json(parser.get().body());
    return ApiAnswer{std::move(parser.get().body()), peer_of(socket)};
}

}  // namespace flatlan::lab
