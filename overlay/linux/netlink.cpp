#include "overlay/linux/netlink.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "overlay/base/check.hpp"

namespace flatlan {
namespace {

/// What the kernel hands out at most in one piece of a dump (netlink_recvmsg: 32 KiB and headroom).
constexpr std::size_t kReceiveBytes = 32768;
/// How much is sent at a time: well inside the smallest send buffer that the kernel gives.
constexpr std::size_t kSendBytesMax = 32768;
/// Asked for; without CAP_NET_ADMIN over the machine net.core.rmem_max may allow less.
constexpr int kBufferBytesWanted = 1 << 20;
/// What one queued answer takes of the receive buffer: an error with the kernel's text has a
/// truesize of 768 to 1,280 octets on Linux 6.18.
constexpr std::size_t kAnswerBytesMax = 2048;
/// The same for an answer with content: a page for what the kernel says of an interface, and room.
constexpr std::size_t kLongAnswerBytesMax = 16384;
/// A table that changes during each of this many dumps will not hold still for the next either.
constexpr int kDumpTriesMax = 32;

using ReceiveBuffer = std::array<std::byte, kReceiveBytes>;

/// An NLMSG_ERROR message or the end of a dump, which have one shape: a negative errno (0: all is
/// well), then, where the flags say so, attributes with the kernel's words.
struct Verdict {
    int errno_value = 0;
    std::string kernel_text;
};

Verdict read_verdict(const NetlinkMessageView& message) {
    const auto payload = message.payload();
    if (payload.size() < sizeof(int)) return {.errno_value = EBADMSG, .kernel_text = {}};
    Verdict verdict{.errno_value = -NetlinkAttributes::load<int>(payload), .kernel_text = {}};
    if (verdict.errno_value == 0 || (message.flags() & NLM_F_ACK_TLVS) == 0) return verdict;
    std::size_t skipped = sizeof(int);
    if (message.type() == NLMSG_ERROR) {
        skipped = sizeof(nlmsgerr);
        if (payload.size() >= skipped && (message.flags() & NLM_F_CAPPED) == 0) {
            const auto error = NetlinkAttributes::load<nlmsgerr>(payload);
            skipped += NLMSG_ALIGN(error.msg.nlmsg_len) - NLMSG_HDRLEN;
        }
    }
    if (payload.size() > skipped)
        verdict.kernel_text = NetlinkAttributes{payload.subspan(skipped)}.text(NLMSGERR_ATTR_MSG);
    return verdict;
}

Error kernel_error(const Verdict& verdict, std::string attempt) {
    if (!verdict.kernel_text.empty()) attempt += ": " + verdict.kernel_text;
    return Error::from_errno(verdict.errno_value, attempt);
}

bool is_tolerated(int errno_value, Tolerate tolerate) {
    switch (tolerate) {
        case Tolerate::nothing:
            return false;
        case Tolerate::existing:
            return errno_value == EEXIST;
        case Tolerate::missing:
            return errno_value == ENOENT || errno_value == ESRCH || errno_value == ENODEV ||
                   errno_value == ENXIO || errno_value == EADDRNOTAVAIL;
        case Tolerate::device_down:
            return errno_value == ENETDOWN;
        case Tolerate::no_ipv6:
            return errno_value == EAFNOSUPPORT;
    }
    return false;
}

/// Puts a request behind others with its number and further flags.
void append_numbered(std::vector<std::byte>& octets, std::span<const std::byte> request,
                     std::uint32_t sequence, std::uint16_t flags) {
    auto header = NetlinkAttributes::load<nlmsghdr>(request);
    header.nlmsg_seq = sequence;
    header.nlmsg_flags = static_cast<std::uint16_t>(header.nlmsg_flags | flags);
    const std::size_t at = octets.size();
    octets.insert(octets.end(), request.begin(), request.end());
    std::memcpy(octets.data() + at, &header, sizeof header);
    octets.resize(NLMSG_ALIGN(octets.size()));
}

/// How many of the requests go into one send; at least one.
std::size_t count_that_fit(std::span<const NetlinkBatch::Request> requests, std::size_t count_max) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (const auto& request : requests.first(std::min(requests.size(), count_max))) {
        bytes += NLMSG_ALIGN(request.size_bytes);
        if (count > 0 && bytes > kSendBytesMax) break;
        ++count;
    }
    return count;
}

/// Waits for the next datagram and calls `visit` for each message in it.
template <typename Visit>
Result<void> receive(int socket, Visit visit) {
    alignas(NLMSG_ALIGNTO) ReceiveBuffer buffer;
    ssize_t got = 0;
    do {
        got = ::recv(socket, buffer.data(), buffer.size(), MSG_TRUNC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return Error::from_errno(errno, "read a netlink answer");
    if (static_cast<std::size_t>(got) > buffer.size())
        return Error{ErrorCode::system, "a netlink answer of " + std::to_string(got) + " octets"};

    for_each_message({buffer.data(), static_cast<std::size_t>(got)}, visit);
    return success();
}

void set_option(int socket, int level, int option, int value) {
    // An option that the kernel does not know or grant costs speed or words, not correctness.
    static_cast<void>(::setsockopt(socket, level, option, &value, sizeof value));
}

int receive_buffer_bytes(int socket) {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    FLATLAN_CHECK(::getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, &size) == 0);
    return bytes;
}

}  // namespace

Result<Netlink> Netlink::open() {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    if (!socket) return Error::from_errno(errno, "open a netlink socket");
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;  // the kernel chooses the number, now and not with the first send
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
        return Error::from_errno(errno, "bind a netlink socket");
    set_option(socket.get(), SOL_NETLINK, NETLINK_EXT_ACK, 1);
    set_option(socket.get(), SOL_NETLINK, NETLINK_CAP_ACK, 1);
    set_option(socket.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, kBufferBytesWanted);
    set_option(socket.get(), SOL_SOCKET, SO_SNDBUF, kBufferBytesWanted);
    const int bytes = receive_buffer_bytes(socket.get());
    return Netlink{std::move(socket), static_cast<std::size_t>(bytes)};
}

Result<Netlink> Netlink::open_in(const Namespace& network) {
    return run_in(network, [] { return open(); });
}

std::uint32_t Netlink::port_id() const {
    sockaddr_nl own{};
    socklen_t size = sizeof own;
    FLATLAN_CHECK(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    return own.nl_pid;
}

Result<void> Netlink::send_octets(std::span<const std::byte> octets) {
    ssize_t sent = 0;
    do {
        sent = ::send(socket_.get(), octets.data(), octets.size(), 0);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return Error::from_errno(errno, "send a netlink request");
    return success();
}

Result<void> Netlink::execute(const NetlinkBatch& batch) { return execute(batch, nullptr); }

Result<void> Netlink::execute(const NetlinkBatch& batch, const Reader& read) {
    const std::size_t answer_bytes = read ? kLongAnswerBytesMax : kAnswerBytesMax;
    const std::size_t count_max = std::max<std::size_t>(receive_bytes_ / answer_bytes, 1);
    for (auto waiting = batch.requests(); !waiting.empty();) {
        const auto together = waiting.first(count_that_fit(waiting, count_max));
        FLATLAN_TRY_VOID(execute_together(batch, together, read));
        waiting = waiting.subspan(together.size());
    }
    return success();
}

Result<void> Netlink::execute_together(const NetlinkBatch& batch,
                                       std::span<const NetlinkBatch::Request> requests,
                                       const Reader& read) {
    const std::uint32_t first = sequence_ + 1;
    std::vector<std::byte> octets;
    for (const auto& request : requests) {
        // An error is answered whether asked for or not (netlink_rcv_skb), so of requests that go
        // together only the last asks for an answer: it comes when all are through.
        const bool is_last = &request == &requests.back();
        append_numbered(octets, batch.bytes_of(request), ++sequence_, is_last ? NLM_F_ACK : 0);
    }
    FLATLAN_TRY_VOID(send_octets(octets));

    std::optional<Error> failure;
    for (bool through = false; !through;) {
        FLATLAN_TRY_VOID(receive(socket_.get(), [&](const NetlinkMessageView& answer) {
            const std::uint32_t index = answer.sequence() - first;
            if (index >= requests.size()) return;
            if (answer.type() != NLMSG_ERROR) {
                if (read) read(answer);
                return;
            }
            through = through || index == requests.size() - 1;
            const auto verdict = read_verdict(answer);
            const auto& request = requests[index];
            if (verdict.errno_value != 0 && !is_tolerated(verdict.errno_value, request.tolerate) &&
                !failure)
                failure = kernel_error(
                    verdict, request.describe(NetlinkMessageView{batch.bytes_of(request)}));
        }));
    }
    if (failure) return std::move(*failure);
    return success();
}

Result<void> Netlink::dump_messages(const NetlinkMessage& request, const char* attempt,
                                    const std::function<void()>& restart, const Reader& read) {
    for (int tries = 0; tries < kDumpTriesMax; ++tries) {
        restart();
        std::vector<std::byte> octets;
        append_numbered(octets, request.bytes(), ++sequence_, NLM_F_DUMP);
        FLATLAN_TRY_VOID(send_octets(octets));
        FLATLAN_TRY(consistent, read_dump(attempt, read));
        if (consistent) return success();
    }
    return Error{ErrorCode::unavailable, std::string{attempt} +
                                             ": the table changed during each of " +
                                             std::to_string(kDumpTriesMax) + " readings"};
}

Result<bool> Netlink::read_dump(const char* attempt, const Reader& read) {
    std::optional<Error> failure;
    bool consistent = true;
    for (bool through = false; !through;) {
        FLATLAN_TRY_VOID(receive(socket_.get(), [&](const NetlinkMessageView& answer) {
            if (answer.sequence() != sequence_) return;
            if ((answer.flags() & NLM_F_DUMP_INTR) != 0) consistent = false;
            if (answer.type() == NLMSG_DONE || answer.type() == NLMSG_ERROR) {
                through = true;
                const auto verdict = read_verdict(answer);
                if (verdict.errno_value != 0) failure = kernel_error(verdict, attempt);
            } else {
                read(answer);
            }
        }));
    }
    if (failure) return std::move(*failure);
    return consistent;
}

}  // namespace flatlan
