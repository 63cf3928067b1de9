#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "overlay/base/result.hpp"

namespace flatlan::sqlite {

/// A lock between processes that is given in the order in which it was asked for, and goes on when
/// one that has it or waits for it is killed. The kernel holds it, not the file: after a restart
/// of the machine the file may be left, removed or empty. Whoever comes after the file was deleted
/// goes on with the one in its place; those that wait at that moment end in the old queue.
///
/// Every one that comes takes a number, locks the octet of that number in the file, and waits for
/// the octet before it (fcntl's F_OFD_SETLKW): so each waits for one other, and one release wakes
/// one. Since a waiter may die before those in front of it, it then waits for all lower octets,
/// which is mostly over at once.
///
/// Between threads use an object each.
class TicketLock {
public:
    /// Makes the file (mode 0600) where there is none.
    static Result<TicketLock> open(const std::filesystem::path& file);
    TicketLock(TicketLock&& other) noexcept;
    TicketLock& operator=(TicketLock&& other) noexcept;
    ~TicketLock();

    /// The lock, held until this is destroyed. It must end before the TicketLock.
    class [[nodiscard]] Hold {
    public:
        Hold(Hold&& other) noexcept;
        Hold& operator=(Hold&&) = delete;
        ~Hold();

        /// The number under which it waited; whoever came later has a higher one.
        std::int64_t ticket() const { return ticket_; }

    private:
        friend class TicketLock;
        Hold(int descriptor, std::int64_t ticket) : descriptor_{descriptor}, ticket_{ticket} {}
        int descriptor_;
        std::int64_t ticket_;
    };

    /// How long one waits at least before a signal ends the wait.
    static constexpr std::chrono::seconds kPatience{5};

    /// Waits for the lock, however long; in a program that has a signal sent to itself now and then
    /// (a handler without SA_RESTART), until the first one after kPatience. Errors: unavailable
    /// then, or when the kernel refuses (no locks left, or a file system without them).
    ///
    /// Where it has to wait, `before_waiting` is called first, with its number, before anybody can
    /// see that number in `next_ticket`: nobody else takes one meanwhile.
    Result<Hold> lock(const std::function<void(std::int64_t ticket)>& before_waiting = {});

    /// The number that the next one takes. Error: system.
    Result<std::int64_t> next_ticket() const;
    /// Whether the one that took `ticket` is alive and waits for the lock, or has it.
    bool is_waiting(std::int64_t ticket) const;

private:
    TicketLock(std::filesystem::path file, int descriptor)
        : file_{std::move(file)}, descriptor_{descriptor} {}
    Result<void> follow_file();

    std::filesystem::path file_;
    int descriptor_;
};

}  // namespace flatlan::sqlite
