#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "ipam/store/lease_request.hpp"
#include "overlay/base/result.hpp"
#include "overlay/sqlite/files.hpp"
#include "overlay/sqlite/ticket_lock.hpp"

namespace flatlan::ipam {

/// Where processes that wait for their turn with a database say what they will do with it
/// (FILE.requests), so that whoever has the turn does it for them in one transaction.
///
/// It is a help and no more: a file that is missing, damaged, full or another version's means that
/// each does its own. What it says of a change that nobody has marked as done is compared with the
/// database, so it may be older or newer than that.
///
/// A request has a place of its own that begins with its state and answer and lies in one page:
/// whoever is killed has written all of such a part or nothing.
class RequestBoard {
public:
    /// How many may have a request here at the same time; who comes then does its own.
    static constexpr std::int64_t kPlaces = 128;

    enum class State : std::uint8_t {
        posted = 1,
        answered = 2,  ///< in a transaction that may have been committed or not
        done = 3,      ///< and is on the disk
        refused = 4,   ///< changed nothing; whoever asked sees why when it does it by itself
    };
    struct Request {
        std::int64_t ticket;
        State state;
        LeaseRequest request;
        std::optional<LeaseAnswer> answer;  ///< of `answered` and `done`
    };

    /// `kind` must be the same of all that do each other's requests.
    RequestBoard(std::filesystem::path file, std::uint64_t kind)
        : file_{std::move(file)}, kind_{kind} {}
    RequestBoard(RequestBoard&& other) noexcept;
    RequestBoard& operator=(RequestBoard&&) = delete;
    ~RequestBoard();

    /// By one that will wait with `ticket`, before anybody sees its number (TicketLock). False when
    /// it has no place here.
    bool post(const sqlite::TicketLock& queue, std::int64_t ticket, const LeaseRequest& request);

    /// Keeps those that give up from doing so while their requests are carried out.
    class [[nodiscard]] Hold {
    public:
        Hold(Hold&& other) noexcept;
        Hold& operator=(Hold&&) = delete;
        ~Hold();

    private:
        friend class RequestBoard;
        explicit Hold(int descriptor) : descriptor_{descriptor} {}
        int descriptor_;
    };
    /// For whoever has the turn, by `ticket`: waits for those that give up at the moment. Empty
    /// when nobody waits, or there is no board.
    std::optional<Hold> hold(const sqlite::TicketLock& queue, std::int64_t ticket);
    /// For one that gives up; empty when its request may just be carried out.
    std::optional<Hold> try_to_hold();

    /// What was posted under `ticket` and can be read; empty otherwise.
    std::optional<Request> find(std::int64_t ticket);
    /// Those with a higher number whose processes wait.
    std::vector<Request> waiting_behind(const sqlite::TicketLock& queue, std::int64_t ticket);
    /// Says what became of it. Error: system.
    Result<void> mark(std::int64_t ticket, State state, const LeaseAnswer& answer = {});

private:
    bool open(bool makes_it);
    void close();

    std::filesystem::path file_;
    std::uint64_t kind_;
    int descriptor_ = -1;
    std::optional<sqlite::FileIdentity> identity_;  ///< of what is open
};

}  // namespace flatlan::ipam
