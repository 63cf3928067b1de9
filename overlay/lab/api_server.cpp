#include "overlay/lab/api_server.hpp"

#include <sys/stat.h>

#include <utility>  // before Asio's headers, which use std::exchange without it (Boost 1.74)

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <optional>

#include "overlay/lab/children.hpp"

namespace flatlan::lab {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;

/// One change may be under way while others ask; more threads would only wait.
constexpr std::size_t kHandlerThreads = 4;
constexpr std::uint64_t kBodySizeMaxBytes = 32U << 20U;
constexpr std::size_t kConnectionsMax = 256;

/// One client's connection: reads a request, has it answered on a handler thread, writes the
/// answer. Everything but the handler runs on the loop's thread. The server owns it until it calls
/// `finished`.
class Session {
public:
    Session(Local::socket socket, asio::io_context& loop, asio::thread_pool& workers,
            const ApiHandler& handler, std::function<void()> finished)
        : socket_{std::move(socket)},
          loop_{loop},
          workers_{workers},
          handler_{handler},
          finished_{std::move(finished)} {}

    void read() {
        parser_.emplace();
        parser_->body_limit(kBodySizeMaxBytes);
        http::async_read(socket_, buffer_, *parser_,
                         [this](boost::beast::error_code failed, std::size_t) {
                             if (failed) return finished_();
                             answer();
                         });
    }

private:
    void answer() {
        const auto& message = parser_->get();
        ApiRequest request{std::string{message.method_string()}, std::string{message.target()},
                           message.body()};
        asio::post(workers_, [this, request = std::move(request)] {
            ApiResponse response = handler_(request);
            asio::post(loop_, [this, response = std::move(response)]() mutable {
                write(std::move(response));
            });
        });
    }

    void write(ApiResponse response) {
        const bool last = response.last;
        const bool keep_alive = parser_->get().keep_alive() && !last;
        response_ = {http::int_to_status(response.status), parser_->get().version()};
        response_.set(http::field::content_type, "application/json");
        response_.keep_alive(keep_alive);
        response_.body() = std::move(response.body);
        response_.prepare_payload();
        http::async_write(socket_, response_,
                          [this, last, keep_alive](boost::beast::error_code failed, std::size_t) {
                              if (last) return loop_.stop();
                              if (failed || !keep_alive) return finished_();
                              read();
                          });
    }

    Local::socket socket_;
    asio::io_context& loop_;
    asio::thread_pool& workers_;
    const ApiHandler& handler_;
    std::function<void()> finished_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
};

}  // namespace

struct ApiServer::State {
    explicit State(ApiHandler answer) : handler{std::move(answer)} {}

    void accept();
    void serve(Local::socket socket);
    void await_end();
    void await_children();

    asio::io_context loop;
    asio::thread_pool workers{kHandlerThreads};
    ApiHandler handler;
    Local::acceptor acceptor{loop};
    std::optional<asio::signal_set> end_signals;
    std::optional<asio::signal_set> child_signals;
    std::list<std::optional<Session>> sessions;  // of the loop's thread alone
};

void ApiServer::State::accept() {
    acceptor.async_accept([this](boost::beast::error_code failed, Local::socket socket) {
        // Over the limit the connection is closed at once: the client sees an end, not a wait.
        if (!failed && sessions.size() < kConnectionsMax) serve(std::move(socket));
        if (failed != asio::error::operation_aborted) accept();
    });
}

void ApiServer::State::serve(Local::socket socket) {
    const auto at = sessions.emplace(sessions.end());
    at->emplace(std::move(socket), loop, workers, handler, [this, at] {
        // Not at once: the session is still on the stack.
        asio::post(loop, [this, at] { sessions.erase(at); });
    });
    (*at)->read();
}

void ApiServer::State::await_end() {
    end_signals->async_wait([this](boost::beast::error_code failed, int) {
        if (!failed) loop.stop();
    });
}

void ApiServer::State::await_children() {
    child_signals->async_wait([this](boost::beast::error_code failed, int) {
        if (failed) return;
        reap_children();
        await_children();
    });
}

Result<ApiServer> ApiServer::listen(const std::string& socket_path, ApiHandler handler,
                                    Signals signals) {
    FLATLAN_TRY_VOID(check_socket_path(socket_path));
    auto state = std::make_unique<State>(std::move(handler));
    if (signals == Signals::handled) {  // from now on: they may come before `run`
        state->end_signals.emplace(state->loop, SIGTERM, SIGINT);
        state->child_signals.emplace(state->loop, SIGCHLD);
    }
    boost::beast::error_code failed;
    const auto attempt = [&](auto step) {
        if (!failed) step();
    };
    const mode_t before = umask(0177);  // the socket is made with mode 0600
    attempt([&] { state->acceptor.open(Local{}, failed); });
    attempt([&] { state->acceptor.bind(Local::endpoint{socket_path}, failed); });
    umask(before);
    attempt([&] { state->acceptor.listen(asio::socket_base::max_listen_connections, failed); });
    if (failed) return Error::from_errno(failed.value(), "listen on " + socket_path);
    return ApiServer{std::move(state)};
}

ApiServer::ApiServer(std::unique_ptr<State> state) : state_{std::move(state)} {}
ApiServer::ApiServer(ApiServer&&) noexcept = default;
ApiServer& ApiServer::operator=(ApiServer&&) noexcept = default;
ApiServer::~ApiServer() = default;

void ApiServer::run() {
    state_->accept();
    if (state_->end_signals) state_->await_end();
    if (state_->child_signals) state_->await_children();
    state_->loop.run();
    state_->workers.join();
}

void ApiServer::stop() { state_->loop.stop(); }

}  // namespace flatlan::lab
