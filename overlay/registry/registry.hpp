#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

/// The cluster's shared state: small records that nodes write by compare-and-swap and watch.
namespace flatlan::registry {

/// Counts the registry's changes: of two states of a record the one with the higher revision is the
/// later. Records that change at once (the end of a session in etcd) share a revision.
class Revision {
public:
    /// Before the first change. As what a writer expects: the record is not there.
    constexpr Revision() = default;
    explicit constexpr Revision(std::uint64_t value) : value_{value} {}

    constexpr std::uint64_t value() const { return value_; }
    friend constexpr auto operator<=>(Revision, Revision) = default;

private:
    std::uint64_t value_ = 0;
};

/// Names a session: a client's sign of life. Records that were written under it go when it ends,
/// because its client closed it or let its time pass without a keep-alive. (etcd calls it a lease;
/// here a lease is an address.)
class SessionId {
public:
    /// No session: the record stays until somebody removes it.
    constexpr SessionId() = default;
    explicit constexpr SessionId(std::int64_t value) : value_{value} {}

    constexpr std::int64_t value() const { return value_; }
    friend constexpr auto operator<=>(SessionId, SessionId) = default;

private:
    std::int64_t value_ = 0;
};

/// What stands under a key at one moment.
struct Record {
    std::string key;
    std::string value;
    Revision revision;  ///< of the change that made it what it is
    SessionId session;
    friend bool operator==(const Record&, const Record&) = default;
};

/// A change: the record as it is now, or that it is gone (then `record` has its key, no value and
/// the revision of the removal).
struct Event {
    Record record;
    bool removed = false;
    friend bool operator==(const Event&, const Event&) = default;
};

/// Which registry this is and how far it has come. Another `cluster`, or a revision that went
/// back, means that it was made anew or restored from a copy: what was written may be lost.
struct RegistryState {
    std::uint64_t cluster = 0;
    Revision revision;
    friend bool operator==(const RegistryState&, const RegistryState&) = default;
};

/// A record, if it is there, and the registry at the moment in which it was read.
struct Reading {
    RegistryState state;
    std::optional<Record> record;
};

/// Some records in the order of their keys (as octets).
struct Page {
    std::vector<Record> records;
    bool more = false;  ///< there may be records behind the last one
    Revision revision;  ///< of the registry when the page was read
};

/// What happened, in order and without a gap; changes of one revision are never torn apart.
struct WatchBatch {
    std::vector<Event> events;
    /// What happened since the last batch is not known any more, because the registry has forgotten
    /// a part of it (a compaction) or is not the one that it was (another `cluster`, or a revision
    /// that went back): list again, and begin a new watch behind the list's first page. `events`
    /// is empty then, and so it stays.
    bool gap = false;
};

/// Reports every change under a prefix after a revision, each once, in the order of revisions,
/// across lost connections.
class Watch {
public:
    virtual ~Watch() = default;

    /// Takes what has happened since the last batch; waits at most `timeout` until there is
    /// something (0: not at all) and is empty when there was nothing. Error unavailable while the
    /// registry cannot be reached; nothing is lost by it, ask again. Any other error is for people,
    /// and asking again may help once they have acted.
    virtual Result<WatchBatch> next(Duration timeout) = 0;
};

/// The port; each store implements it, and one contract test suite holds for all. May be called
/// by several threads at once.
///
/// Errors of every call: unavailable when the registry cannot be reached, and nothing was done;
/// timed_out when no answer came: whether it was done is not known, and it may even be done later,
/// so read, then decide, and expect a revision in every write; forbidden when the registry does not
/// know the user or does not let it; exhausted when it has no room left, or no time for so many;
/// unsupported for a registry of another version; corrupt for one that cannot be read. No call
/// waits longer than the store's own limit.
class Registry {
public:
    static constexpr std::size_t kKeySizeMax = 1024;
    static constexpr std::size_t kValueSizeMax = 64 * 1024;
    static constexpr std::size_t kPageSizeMax = 1000;

    virtual ~Registry() = default;

    virtual Result<RegistryState> state() = 0;

    virtual Result<Reading> get_with_state(std::string_view key) = 0;
    Result<std::optional<Record>> get(std::string_view key);

    /// At most `limit` records (and never over kPageSizeMax) whose key begins with `prefix` and
    /// comes after `after` (empty: from the first). Each page shows the registry at a moment of
    /// its own; who watches from the first page's revision on misses nothing.
    virtual Result<Page> list(std::string_view prefix, std::string_view after,
                              std::size_t limit) = 0;

    /// Writes the record if its revision still is `expected` (Revision{}: if it is not there).
    /// Errors: conflict when it is another, and nothing is changed; not_found for a session that
    /// has ended; invalid_argument for a key or value that is empty or too large.
    virtual Result<Revision> put(std::string_view key, std::string_view value, Revision expected,
                                 SessionId session = {}) = 0;

    /// Removes the record if its revision still is `expected`. Errors: conflict when it is another,
    /// also when the record is gone.
    virtual Result<Revision> remove(std::string_view key, Revision expected) = 0;

    /// Opens a session that ends when `time_to_live` passes without a keep-alive. A store may
    /// round up to whole seconds and may end a session late, never early.
    virtual Result<SessionId> open_session(Duration time_to_live) = 0;
    /// Error not_found when the session has ended.
    virtual Result<void> keep_alive(SessionId session) = 0;
    /// Ends the session and removes its records; succeeds when it has ended already.
    virtual Result<void> close_session(SessionId session) = 0;

    /// Begins a watch of what changes after revision `after`. `on_ready` is called, from any
    /// thread and maybe too often, when `next` has something to say; it may only wake its owner
    /// up and must not call the registry. The watch must end before the registry does. A registry
    /// that cannot be reached is no failure here: `next` says it.
    virtual Result<std::unique_ptr<Watch>> watch(std::string_view prefix, Revision after,
                                                 std::function<void()> on_ready) = 0;
};

/// Hands every record whose key begins with `prefix` to `visit`, in the order of keys; they are
/// read page by page, and `visit` may change them. Ends with the first error, the registry's or its
/// own.
Result<void> for_each_record(Registry& registry, std::string_view prefix,
                             const std::function<Result<void>(const Record&)>& visit);
/// The first key behind all those that begin with `prefix`; empty when there is none behind them.
std::string end_of_prefix(std::string_view prefix);
/// Error invalid_argument for a key or value that no registry takes; stores ask it first.
Result<void> check_record(std::string_view key, std::string_view value);
/// The Error of a lost compare-and-swap, the same in every store.
Error lost_swap(std::string_view key, Revision expected);
/// The Error of a session that has ended.
Error session_ended(SessionId session);

}  // namespace flatlan::registry
