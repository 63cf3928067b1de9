#include "overlay/sqlite/ticket_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <utility>

#include "overlay/base/undo.hpp"

namespace flatlan::sqlite {
namespace {

/// The octet that guards the counter of tickets; no ticket gets so far.
constexpr std::int64_t kCounterOctet = std::numeric_limits<std::int64_t>::max() - 1;

/// Locks or unlocks `count` octets from `begin` on. Locks of an open file description go when its
/// last descriptor is closed, at the latest when the process ends.
bool set_lock(int descriptor, int command, short type, std::int64_t begin, std::int64_t count) {
    struct flock region {};
    region.l_type = type;
    region.l_whence = SEEK_SET;
    region.l_start = begin;
    region.l_len = count;
    const auto patient_until = std::chrono::steady_clock::now() + TicketLock::kPatience;
    int result = 0;
    do
        result = ::fcntl(descriptor, command, &region);
    while (result != 0 && errno == EINTR && std::chrono::steady_clock::now() < patient_until);
    return result == 0;
}

void unlock(int descriptor, std::int64_t begin, std::int64_t count) {
    set_lock(descriptor, F_OFD_SETLK, F_UNLCK, begin, count);
}

Error refused() {
    if (errno == EINTR)
        return Error{ErrorCode::unavailable,
                     "another process keeps the database locked for too long"};
    return Error::from_errno(errno, "queue for the database");
}

/// Read with nobody counting meanwhile, or as it was a moment ago.
Result<std::int64_t> read_counter(int descriptor) {
    std::int64_t ticket = 1;
    if (::pread(descriptor, &ticket, sizeof ticket, 0) < 0) return refused();
    if (ticket < 1 || ticket >= kCounterOctet - 1)
        return Error{ErrorCode::corrupt, "the queue's file has a number that it never gave"};
    return ticket;
}

}  // namespace

Result<TicketLock> TicketLock::open(const std::filesystem::path& file) {
    const int descriptor =
        ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return Error::from_errno(errno, "open '" + file.string() + "'");
    return TicketLock{file, descriptor};
}

TicketLock::TicketLock(TicketLock&& other) noexcept
    : file_{std::move(other.file_)}, descriptor_{std::exchange(other.descriptor_, -1)} {}

TicketLock& TicketLock::operator=(TicketLock&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

TicketLock::~TicketLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> TicketLock::follow_file() {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || status.st_nlink > 0) return success();
    FLATLAN_TRY(anew, open(file_));
    *this = std::move(anew);
    return success();
}

Result<TicketLock::Hold> TicketLock::lock(
    const std::function<void(std::int64_t ticket)>& before_waiting) {
    FLATLAN_TRY_VOID(follow_file());
    if (!set_lock(descriptor_, F_OFD_SETLKW, F_WRLCK, kCounterOctet, 1)) return refused();
    Undo free_counter{[&] { unlock(descriptor_, kCounterOctet, 1); }};
    FLATLAN_TRY(ticket, read_counter(descriptor_));
    Hold hold{descriptor_, ticket};  // from here on its end frees what was locked
    if (!set_lock(descriptor_, F_OFD_SETLK, F_WRLCK, ticket, 1)) return refused();
    const bool at_once = set_lock(descriptor_, F_OFD_SETLK, F_RDLCK, 0, ticket);
    if (!at_once && before_waiting) before_waiting(ticket);
    const std::int64_t next = ticket + 1;
    if (::pwrite(descriptor_, &next, sizeof next, 0) != sizeof next) return refused();
    free_counter.disarm();
    unlock(descriptor_, kCounterOctet, 1);
    if (at_once) return hold;
    if (!set_lock(descriptor_, F_OFD_SETLKW, F_RDLCK, ticket - 1, 1)) return refused();
    if (!set_lock(descriptor_, F_OFD_SETLKW, F_RDLCK, 0, ticket)) return refused();
    return hold;
}

Result<std::int64_t> TicketLock::next_ticket() const { return read_counter(descriptor_); }

bool TicketLock::is_waiting(std::int64_t ticket) const {
    // Whoever has the lock shares all lower octets; only its own each one has for itself alone.
    struct flock region {};
    region.l_type = F_RDLCK;
    region.l_whence = SEEK_SET;
    region.l_start = ticket;
    region.l_len = 1;
    return ::fcntl(descriptor_, F_OFD_GETLK, &region) == 0 && region.l_type != F_UNLCK;
}

TicketLock::Hold::Hold(Hold&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, ticket_{other.ticket_} {}

TicketLock::Hold::~Hold() {
    if (descriptor_ >= 0) unlock(descriptor_, 0, ticket_ + 1);
}

}  // namespace flatlan::sqlite
