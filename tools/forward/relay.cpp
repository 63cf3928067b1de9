#include "tools/forward/relay.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace flatlan::forward {
namespace {

/// Of one direction, before other connections have their turn: a megabyte.
constexpr int kStepsPerTurn = 16;
/// After a reset: more than a socket's largest buffer holds (tcp_rmem).
constexpr int kStepsAfterReset = 1024;

constexpr Relay::End other(Relay::End end) {
    return end == Relay::client ? Relay::pod : Relay::client;
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

Relay::Step Relay::write_waiting(End from) {
    Flow& flow = flows_[from];
    const int sink = sockets_[other(from)].get();
    while (!flow.waiting().empty()) {
        const auto octets = flow.waiting();
        const ssize_t sent = ::send(sink, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent < 0) return would_block() ? Step::blocked : Step::sink_failed;
        flow.handle_written(static_cast<std::size_t>(sent));
    }
    // It fails only where the sink is reset, which is reported by itself.
    if (flow.poll_shutdown()) ::shutdown(sink, SHUT_WR);
    return Step::moved;
}

Relay::Step Relay::move(End from, std::span<std::byte, Flow::kReadMaxBytes> scratch) {
    Flow& flow = flows_[from];
    if (const Step step = write_waiting(from); step != Step::moved) return step;
    if (!flow.wants_octets()) return Step::blocked;
    const ssize_t got = ::recv(sockets_[from].get(), scratch.data(), scratch.size(), 0);
    if (got < 0) return would_block() ? Step::blocked : Step::source_failed;
    if (got == 0) {
        // A socket tells of its reset once; to who asks again it looks like an end (tcp_recvmsg).
        if (being_reset_) return Step::source_failed;
        flow.handle_end();
        return write_waiting(from);
    }
    // What goes at once is not kept first.
    const auto octets = scratch.first(static_cast<std::size_t>(got));
    const ssize_t sent =
        ::send(sockets_[other(from)].get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0 && !would_block()) return Step::sink_failed;
    const auto rest = octets.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    if (rest.empty()) return Step::moved;
    flow.handle_octets(rest);
    return write_waiting(from);
}

Relay::State Relay::pump(std::span<std::byte, Flow::kReadMaxBytes> scratch) {
    State state = State::waiting;
    for (const End from : {client, pod}) {
        Step step = Step::moved;
        for (int i = 0; i < kStepsPerTurn && step == Step::moved && !flows_[from].finished(); ++i)
            step = move(from, scratch);
        if (step == Step::source_failed || step == Step::sink_failed) {
            handle_reset(step == Step::source_failed ? from : other(from), scratch);
            return State::ended;
        }
        if (step == Step::moved && !flows_[from].finished()) state = State::busy;
    }
    return flows_[client].finished() && flows_[pod].finished() ? State::ended : state;
}

void Relay::handle_reset(End end, std::span<std::byte, Flow::kReadMaxBytes> scratch) {
    being_reset_ = true;
    for (int i = 0; i < kStepsAfterReset && !flows_[end].finished(); ++i)
        if (move(end, scratch) != Step::moved) break;
    reset();
}

void Relay::reset() {
    constexpr linger kAtOnce{.l_onoff = 1, .l_linger = 0};  // socket(7): close() sends RST
    for (UniqueFd& socket : sockets_) {
        if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce);
        socket.reset();
    }
}

}  // namespace flatlan::forward
