#include "ipam/store/request_board.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "overlay/base/bytes.hpp"

namespace flatlan::ipam {
namespace {

// A place: state and answer, then whose it is, then the request. Four fill a page of any size.
//
//     octet 0     1..7   8..39    40..47   48..55  56..63  64..703
//     +-------+-------+--------+----------+------+--------+---------+
//     | state | zero  | answer | layout   | kind | ticket | request |
//     +-------+-------+--------+----------+------+--------+---------+
constexpr std::size_t kPlaceBytes = 1024;
constexpr std::size_t kAnswerAt = 8;
constexpr std::size_t kOwnerAt = kAnswerAt + kLeaseAnswerBytes;
constexpr std::size_t kRequestAt = kOwnerAt + 24;
static_assert(kRequestAt + kLeaseRequestBytesMax <= kPlaceBytes && 4096 % kPlaceBytes == 0);
/// Raised with every change of what stands above or in a request.
constexpr std::uint64_t kLayout = 0x666c'6174'7265'7101;  // "flatreq", 1

using Place = std::array<std::byte, kPlaceBytes>;

off_t begin_of(std::int64_t ticket) {
    return static_cast<off_t>(static_cast<std::size_t>(ticket % RequestBoard::kPlaces) *
                              kPlaceBytes);
}

/// The first octet is locked by whoever carries out what is posted, or gives up.
bool lock_board(int descriptor, int command, short type) {
    struct flock region {};
    region.l_type = type;
    region.l_whence = SEEK_SET;
    region.l_len = 1;
    return ::fcntl(descriptor, command, &region) == 0;
}

void write_head(Place& place, RequestBoard::State state, const LeaseAnswer& answer) {
    place[0] = static_cast<std::byte>(state);
    write(answer, std::span{place}.subspan<kAnswerAt, kLeaseAnswerBytes>());
}

}  // namespace

RequestBoard::RequestBoard(RequestBoard&& other) noexcept
    : file_{std::move(other.file_)},
      kind_{other.kind_},
      descriptor_{std::exchange(other.descriptor_, -1)},
      identity_{other.identity_} {}

RequestBoard::~RequestBoard() { close(); }

void RequestBoard::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    identity_.reset();
}

/// Opens the file that has the path now. The requests of another are done by those that know it.
bool RequestBoard::open(bool makes_it) {
    const auto now = sqlite::identity_of(file_);
    if (descriptor_ >= 0 && now && now == identity_) return true;
    close();
    if (!now && !makes_it) return false;
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (makes_it ? O_CREAT : 0),
                         S_IRUSR | S_IWUSR);
    if (descriptor_ < 0) return false;
    struct stat status {};
    if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode))
        identity_ = {status.st_dev, status.st_ino};
    else
        close();
    return descriptor_ >= 0;
}

bool RequestBoard::post(const sqlite::TicketLock& queue, std::int64_t ticket,
                        const LeaseRequest& request) {
    if (!open(true)) return false;
    Place place{};
    std::array<std::byte, sizeof(std::uint64_t)> owner{};
    if (::pread(descriptor_, owner.data(), owner.size(),
                begin_of(ticket) + static_cast<off_t>(kRequestAt - owner.size())) < 0)
        return false;
    const auto last = static_cast<std::int64_t>(ByteReader{owner}.u64());
    if (last > 0 && last < ticket && queue.is_waiting(last)) return false;

    write_head(place, State::posted, {});
    ByteWriter out{std::span{place}.subspan<kOwnerAt>()};
    out.u64(kLayout);
    out.u64(kind_);
    out.u64(static_cast<std::uint64_t>(ticket));
    write(request, std::span{place}.subspan<kRequestAt, kLeaseRequestBytesMax>());
    return ::pwrite(descriptor_, place.data(), place.size(), begin_of(ticket)) ==
           static_cast<ssize_t>(place.size());
}

std::optional<RequestBoard::Request> RequestBoard::find(std::int64_t ticket) {
    Place place{};
    if (descriptor_ < 0 || ::pread(descriptor_, place.data(), place.size(), begin_of(ticket)) !=
                               static_cast<ssize_t>(place.size()))
        return std::nullopt;
    ByteReader owner{std::span{place}.subspan<kOwnerAt>()};
    if (owner.u64() != kLayout || owner.u64() != kind_ ||
        owner.u64() != static_cast<std::uint64_t>(ticket))
        return std::nullopt;
    const auto state = static_cast<State>(place[0]);
    if (state < State::posted || state > State::refused) return std::nullopt;
    auto request =
        parse_request(std::span{std::as_const(place)}.subspan<kRequestAt, kLeaseRequestBytesMax>());
    if (!request) return std::nullopt;
    Request found{ticket, state, std::move(*request), std::nullopt};
    if (state == State::answered || state == State::done) {
        found.answer =
            parse_answer(std::span{std::as_const(place)}.subspan<kAnswerAt, kLeaseAnswerBytes>());
        if (!found.answer) return std::nullopt;
    }
    return found;
}

std::vector<RequestBoard::Request> RequestBoard::waiting_behind(const sqlite::TicketLock& queue,
                                                                std::int64_t ticket) {
    std::vector<Request> waiting;
    const auto next = queue.next_ticket();
    if (!next) return waiting;
    for (std::int64_t other = ticket + 1; other < next.value(); ++other)
        if (auto request = find(other); request && queue.is_waiting(other))
            waiting.push_back(std::move(*request));
    return waiting;
}

Result<void> RequestBoard::mark(std::int64_t ticket, State state, const LeaseAnswer& answer) {
    Place head{};
    write_head(head, state, answer);
    if (::pwrite(descriptor_, head.data(), kOwnerAt, begin_of(ticket)) ==
        static_cast<ssize_t>(kOwnerAt))
        return success();
    return Error::from_errno(errno, "write '" + file_.string() + "'");
}

std::optional<RequestBoard::Hold> RequestBoard::hold(const sqlite::TicketLock& queue,
                                                     std::int64_t ticket) {
    const auto next = queue.next_ticket();
    if (!next || next.value() == ticket + 1 || !open(false)) return std::nullopt;
    while (!lock_board(descriptor_, F_OFD_SETLKW, F_WRLCK))
        if (errno != EINTR) return std::nullopt;
    return Hold{descriptor_};
}

std::optional<RequestBoard::Hold> RequestBoard::try_to_hold() {
    if (descriptor_ < 0 || !lock_board(descriptor_, F_OFD_SETLK, F_WRLCK)) return std::nullopt;
    return Hold{descriptor_};
}

RequestBoard::Hold::Hold(Hold&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)} {}

RequestBoard::Hold::~Hold() {
    if (descriptor_ >= 0) lock_board(descriptor_, F_OFD_SETLK, F_UNLCK);
}

}  // namespace flatlan::ipam
