#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/io/sockets.hpp"
#include "overlay/probe/io/trial/trials.hpp"

namespace flatlan::trial {
namespace {

/// Longer than TCP waits before it sends again what was lost, twice over (RFC 6298: one second at
/// first, then twice that; Linux begins at 200 ms).
constexpr Duration kPatience = std::chrono::milliseconds{1500};
constexpr std::size_t kReadBytes = 65'536;

class TransferTrial {
public:
    TransferTrial(const TrialGround& ground, const Trial& trial, const Pattern& pattern,
                  std::uint64_t octets)
        : ground_{ground}, trial_{trial}, pattern_{pattern}, buffer_(kReadBytes) {
        seen_.octets = octets;
    }

    Result<TransferSeen> run() {
        const Door* const door = ground_.door_of(trial_);
        is_far_ = door != nullptr;
        if (!is_far_) FLATLAN_TRY_VOID(listen());
        FLATLAN_TRY_VOID(connect(door));
        while (going_on()) {
            const UniqueFd& far = receiver_ ? receiver_ : listener_;
            const bool all_sent = sent_ == seen_.octets;
            const int events = (all_sent ? 0 : POLLOUT) | (is_far_ ? POLLIN : 0);
            FLATLAN_TRY(ready,
                        wait_for(far, POLLIN, sender_, static_cast<short>(events), kPatience));
            if (!ready[0] && !ready[1]) break;
            if (ready[0] && !receiver_)
                accept();
            else if (ready[0])
                receive();
            if (ready[1]) send();
            if (ready[1] && is_far_) read_progress();
        }
        return seen_;
    }

private:
    bool going_on() const {
        return seen_.arrived < seen_.octets && !seen_.changed && seen_.errno_value == 0;
    }
    Result<void> listen() {
        FLATLAN_TRY_VOID(enter(ground_, trial_.pair.to));
        FLATLAN_TRY(socket, probe::open_socket(trial_.family, SOCK_STREAM, IPPROTO_TCP));
        FLATLAN_TRY_VOID(probe::reset_on_close(socket));
        FLATLAN_TRY_VOID(probe::bind_socket(
            socket, ground_.field.address(trial_.pair.to, trial_.family), Port::any()));
        if (::listen(socket.get(), 1) != 0) return Error::from_errno(errno, "listen");
        listener_ = std::move(socket);
        return success();
    }
    Result<void> connect(const Door* door) {
        Endpoint to{ground_.field.address(trial_.pair.to, trial_.family), Port::any()};
        if (door != nullptr) {
            to.port = door->tcp;
        } else {
            FLATLAN_TRY(own, probe::local_endpoint(listener_));
            to = own;
        }
        FLATLAN_TRY_VOID(enter(ground_, trial_.pair.from));
        FLATLAN_TRY(socket, probe::open_socket(trial_.family, SOCK_STREAM, IPPROTO_TCP));
        FLATLAN_TRY_VOID(probe::reset_on_close(socket));
        const probe::SocketAddress address{to};
        if (::connect(socket.get(), address.get(), address.size()) != 0 && errno != EINPROGRESS)
            seen_.errno_value = errno;
        sender_ = std::move(socket);
        return success();
    }
    void accept() {
        UniqueFd socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!socket) return note(errno);
        receiver_ = std::move(socket);
        seen_.connected = true;
    }
    void send() {
        while (sent_ < seen_.octets) {
            const auto piece = pattern_.from(sent_);
            const std::size_t size = std::min<std::uint64_t>(piece.size(), seen_.octets - sent_);
            const ssize_t count = ::send(sender_.get(), piece.data(), size, MSG_NOSIGNAL);
            if (count < 0) return note(errno);
            sent_ += static_cast<std::uint64_t>(count);
            if (is_far_) seen_.connected = true;
        }
        int failed = 0;
        socklen_t size = sizeof failed;
        if (::getsockopt(sender_.get(), SOL_SOCKET, SO_ERROR, &failed, &size) == 0 && failed != 0)
            note(failed);
    }
    void receive() {
        while (going_on()) {
            const ssize_t count = ::recv(receiver_.get(), buffer_.data(), buffer_.size(), 0);
            if (count < 0) return note(errno);
            if (count == 0) return note(ECONNRESET);
            const std::span came{buffer_.data(), static_cast<std::size_t>(count)};
            const std::size_t equal = pattern_.count_equal(seen_.arrived, came);
            seen_.changed = equal < came.size();
            seen_.arrived += equal;
        }
    }
    /// What the receiver's machine says of what has come.
    void read_progress() {
        while (going_on()) {
            const auto rest = std::span{told_}.subspan(told_octets_);
            const ssize_t count = ::recv(sender_.get(), rest.data(), rest.size(), 0);
            if (count < 0) return note(errno);
            if (count == 0) return note(ECONNRESET);
            told_octets_ += static_cast<std::size_t>(count);
            if (told_octets_ < told_.size()) continue;
            told_octets_ = 0;
            const Progress progress = Progress::parse(told_);
            seen_.arrived = std::min(progress.arrived, seen_.octets);
            seen_.changed = progress.changed;
        }
    }
    void note(int errno_value) {
        if (errno_value != EAGAIN && errno_value != EWOULDBLOCK && errno_value != EINTR)
            seen_.errno_value = errno_value;
    }

    const TrialGround& ground_;
    const Trial& trial_;
    const Pattern& pattern_;
    bool is_far_ = false;  ///< the receiver is on another machine
    UniqueFd listener_;
    UniqueFd receiver_;
    UniqueFd sender_;
    std::uint64_t sent_ = 0;
    std::vector<std::byte> buffer_;
    std::array<std::byte, Progress::kSizeBytes> told_{};
    std::size_t told_octets_ = 0;  ///< of a Progress that is not whole yet
    TransferSeen seen_;
};

}  // namespace

Result<TransferSeen> try_transfer(const TrialGround& ground, const Trial& trial,
                                  const Pattern& pattern, std::uint64_t octets) {
    return TransferTrial{ground, trial, pattern, octets}.run();
}

}  // namespace flatlan::trial
