#include "overlay/lab/api_server.hpp"

#include <sys/stat.h>

#include <utility>  // before Asio's headers, which use std::exchange without it (Boost 1.74)

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <optional>

#include "overlay/lab/children.hpp"

namespace flatlan::lab {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
/// A Unix socket or a TCP port.
using Stream = asio::generic::stream_protocol;

/// One client's connection: reads a request, has it answered on a handler thread, writes the
/// answer. Everything but the handler runs on the loop's thread. The server owns it until it calls
/// `finished`.
class Session {
public:
    Session(Stream::socket socket, asio::io_context& loop, asio::thread_pool& workers,
            const ApiHandler& handler, const ApiLimits& limits, std::function<void()> finished)
        : stream_{std::move(socket)},
          loop_{loop},
          workers_{workers},
          handler_{handler},
          limits_{limits},
          finished_{std::move(finished)} {}

    void read() {
        parser_.emplace();
        parser_->body_limit(limits_.body_size_max_bytes);
        limit_wait();
        http::async_read(stream_, buffer_, *parser_,
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
        response_.set(http::field::content_type, response.content_type);
        response_.keep_alive(keep_alive);
        response_.body() = std::move(response.body);
        response_.prepare_payload();
        limit_wait();
        http::async_write(stream_, response_,
                          [this, last, keep_alive](boost::beast::error_code failed, std::size_t) {
                              if (last) return loop_.stop();
                              if (failed || !keep_alive) return finished_();
                              read();
                          });
    }

    void limit_wait() {
        if (limits_.idle) stream_.expires_after(*limits_.idle);
    }

    boost::beast::basic_stream<Stream> stream_;
    asio::io_context& loop_;
    asio::thread_pool& workers_;
    const ApiHandler& handler_;
    const ApiLimits& limits_;
    std::function<void()> finished_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
};

}  // namespace

struct ApiServer::State {
    State(ApiHandler answer, const ApiLimits& most)
        : handler{std::move(answer)}, limits{most}, workers{most.threads} {}

    boost::beast::error_code listen(const Stream::endpoint& place);
    void accept();
    void serve(Stream::socket socket);
    void await_end();
    void await_children();

    asio::io_context loop;
    ApiHandler handler;
    ApiLimits limits;
    asio::thread_pool workers;
    asio::basic_socket_acceptor<Stream> acceptor{loop};
    std::optional<asio::signal_set> end_signals;
    std::optional<asio::signal_set> child_signals;
    std::list<std::optional<Session>> sessions;  // of the loop's thread alone
};

boost::beast::error_code ApiServer::State::listen(const Stream::endpoint& place) {
    boost::beast::error_code failed;
    const auto attempt = [&](auto step) {
        if (!failed) step();
    };
    attempt([&] { acceptor.open(place.protocol(), failed); });
    // A port on which nothing but closed connections of an earlier server linger is free.
    attempt([&] { acceptor.set_option(asio::socket_base::reuse_address{true}, failed); });
    attempt([&] { acceptor.bind(place, failed); });
    attempt([&] { acceptor.listen(asio::socket_base::max_listen_connections, failed); });
    return failed;
}

void ApiServer::State::accept() {
    acceptor.async_accept([this](boost::beast::error_code failed, Stream::socket socket) {
        // Over the limit the connection is closed at once: the client sees an end, not a wait.
        if (!failed && sessions.size() < limits.connections_max) serve(std::move(socket));
        if (failed != asio::error::operation_aborted) accept();
    });
}

void ApiServer::State::serve(Stream::socket socket) {
    const auto at = sessions.emplace(sessions.end());
    at->emplace(std::move(socket), loop, workers, handler, limits, [this, at] {
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
                                    Signals signals, ApiLimits limits) {
    FLATLAN_TRY_VOID(check_socket_path(socket_path));
    auto state = std::make_unique<State>(std::move(handler), limits);
    if (signals == Signals::handled) {  // from now on: they may come before `run`
        state->end_signals.emplace(state->loop, SIGTERM, SIGINT);
        state->child_signals.emplace(state->loop, SIGCHLD);
    }
    const mode_t before = umask(0177);  // the socket is made with mode 0600
    const auto failed = state->listen(asio::local::stream_protocol::endpoint{socket_path});
    umask(before);
    if (failed) return Error::from_errno(failed.value(), "listen on " + socket_path);
    return ApiServer{std::move(state)};
}

Result<ApiServer> ApiServer::listen(const IpAddress& address, Port port, ApiHandler handler,
                                    ApiLimits limits) {
    auto state = std::make_unique<State>(std::move(handler), limits);
    const std::string text = to_string(address);
    const auto failed =
        state->listen(asio::ip::tcp::endpoint{asio::ip::make_address(text), port.value()});
    if (failed)
        return Error::from_errno(failed.value(),
                                 "listen on " + text + " port " + std::to_string(port.value()));
    return ApiServer{std::move(state)};
}

ApiServer::ApiServer(std::unique_ptr<State> state) : state_{std::move(state)} {}
ApiServer::ApiServer(ApiServer&&) noexcept = default;
ApiServer& ApiServer::operator=(ApiServer&&) noexcept = default;
ApiServer::~ApiServer() = default;

void ApiServer::run(const std::function<void()>& ending) {
    state_->accept();
    if (state_->end_signals) state_->await_end();
    if (state_->child_signals) state_->await_children();
    state_->loop.run();
    if (ending) ending();
    state_->workers.join();
}

void ApiServer::stop() { state_->loop.stop(); }

}  // namespace flatlan::lab
