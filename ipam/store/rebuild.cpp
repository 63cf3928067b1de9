#include "ipam/store/rebuild.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "overlay/base/undo.hpp"
#include "overlay/sqlite/files.hpp"

namespace flatlan::ipam {
namespace {

using std::filesystem::path;

constexpr const char* kDatabaseSuffixes[] = {"-wal", "-shm", ""};  // the file itself last

struct Salvage {
    std::optional<Incarnation> incarnation;
    std::vector<std::pair<IpPrefix, bool>> blocks;
    std::vector<Lease> leases;
};

path with(const path& file, const std::string& suffix) { return file.string() + suffix; }
bool is_there(const path& file) { return sqlite::identity_of(file).has_value(); }

Result<void> rename_file(const path& from, const path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return success();
    return Error::from_errno(errno, "rename '" + from.string() + "' to '" + to.string() + "'");
}

Result<void> remove_file(const path& file) {
    if (::unlink(file.c_str()) == 0 || errno == ENOENT) return success();
    return Error::from_errno(errno, "remove '" + file.string() + "'");
}

bool is_there_in_part(const path& database) {
    return std::any_of(std::begin(kDatabaseSuffixes), std::end(kDatabaseSuffixes),
                       [&](const char* suffix) { return is_there(with(database, suffix)); });
}

/// FILE.damaged-1 and so on, and the first number that is free.
path aside_of(const path& file, unsigned number) {
    return with(file, ".damaged-" + std::to_string(number));
}
unsigned first_free(const path& file) {
    unsigned number = 1;
    while (is_there_in_part(aside_of(file, number)))
        ++number;
    return number;
}
/// The new database, until it is put in place.
path made_for(const path& file) { return with(file, ".new"); }

/// Error unsupported alone: a newer program's database is not damaged.
Result<Salvage> salvage(const path& file) {
    Salvage found;
    auto opened = sqlite::Database::open(file, LeaseTables::kSchema);
    if (!opened && opened.error().code() == ErrorCode::unsupported)
        return std::move(opened).error();
    if (!opened) return found;
    LeaseTables tables{opened.value()};
    if (const auto incarnation = tables.incarnation()) found.incarnation = incarnation.value();
    found.blocks = tables.readable_blocks();
    found.leases = tables.readable_leases();
    return found;
}

bool lies_in(const std::vector<IpPrefix>& blocks, const IpAddresses& addresses) {
    const auto lies = [&](const std::optional<IpAddress>& address) {
        return !address || std::any_of(blocks.begin(), blocks.end(), [&](const IpPrefix& block) {
            return block.contains(*address);
        });
    };
    return lies(addresses.find(IpFamily::ipv4)) && lies(addresses.find(IpFamily::ipv6));
}

Error no_block_is_known() {
    return Error{ErrorCode::invalid_argument, "no block of this node is known"}.expecting(
        "--blocks CIDR,..., those that the registry says are its own");
}

/// Decides what the new database holds.
Result<RebuildReport> plan(const SqliteLeaseStore::Options& options, const RebuildSources& sources,
                           const Salvage& found) {
    RebuildReport report;
    report.blocks = sources.blocks;
    if (report.blocks.empty())
        for (const auto& [block, serving] : found.blocks)
            if (serving) report.blocks.push_back(block);
    if (report.blocks.empty()) return no_block_is_known();

    std::vector<Lease> leases;
    for (const Lease& lease : found.leases)
        (lies_in(report.blocks, lease.addresses) ? leases : report.outside).push_back(lease);
    std::vector<LiveAddress> live;
    if (options.live != nullptr) {
        FLATLAN_TRY(seen, options.live->addresses());
        live = std::move(seen);
    }
    for (LiveAddress own : sources.own) {
        if (sources.node) own.key_text = LeaseKey::of_node(*sources.node).text();
        live.push_back(std::move(own));
    }
    Reconciliation wanted = reconcile(leases, report.blocks, live, options.boot);
    for (const Lease& lease : leases)
        if (std::find(wanted.release.begin(), wanted.release.end(), lease) == wanted.release.end())
            report.kept.push_back(lease);
    report.adopted = std::move(wanted.adopt);
    report.released = std::move(wanted.release);
    return report;
}

/// Writes it, all in one transaction and in one file.
Result<void> write_database(const path& file, const SqliteLeaseStore::Options& options,
                            std::optional<Incarnation> incarnation, const RebuildReport& report) {
    for (const char* suffix : kDatabaseSuffixes)
        FLATLAN_TRY_VOID(remove_file(with(file, suffix)));
    {
        FLATLAN_TRY(database, sqlite::Database::open(file, LeaseTables::kSchema));
        LeaseTables tables{database};
        NodePool pool{options.rules};
        FLATLAN_TRY_VOID(database.begin_write());
        if (incarnation) FLATLAN_TRY_VOID(tables.set_incarnation(*incarnation));
        FLATLAN_TRY_VOID(tables.set_boot(options.clock(), options.boot));
        for (const IpPrefix& block : report.blocks)
            FLATLAN_TRY_VOID(tables.set_block(block, true));
        for (const auto* leases : {&report.kept, &report.adopted})
            for (const Lease& lease : *leases)
                FLATLAN_TRY_VOID(tables.add_lease(lease));
        FLATLAN_TRY_VOID(tables.load(pool));  // or it would be refused when it is opened
        FLATLAN_TRY_VOID(database.commit());
        FLATLAN_TRY_VOID(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    FLATLAN_TRY_VOID(remove_file(with(file, "-wal")));
    return remove_file(with(file, "-shm"));
}

Result<void> make_mark(const path& mark) {
    const int made = ::open(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made < 0) return Error::from_errno(errno, "make '" + mark.string() + "'");
    ::close(made);
    return sqlite::sync_folder_of(mark);
}

Result<void> move_aside(const path& file, const path& aside) {
    for (const char* suffix : kDatabaseSuffixes)
        if (is_there(with(file, suffix)))
            FLATLAN_TRY_VOID(rename_file(with(file, suffix), with(aside, suffix)));
    return success();
}

/// Brings the old database after its log, where a rebuild was interrupted between the two: what is
/// in the log alone could not be read else. Until the new one is in place, FILE is the old one.
Result<void> finish_move(const path& file) {
    const unsigned number = first_free(file);
    const bool interrupted = is_there(SqliteLeaseStore::rebuild_mark_of(file)) &&
                             is_there(made_for(file)) && is_there(file);
    if (!interrupted || number == 1 || is_there(aside_of(file, number - 1))) return success();
    return move_aside(file, aside_of(file, number - 1));
}

/// Puts the new database where the old one is. The mark is there: nobody opens either.
Result<void> exchange(const path& file, const path& aside) {
    const path mark = SqliteLeaseStore::rebuild_mark_of(file);
    FLATLAN_TRY_VOID(move_aside(file, aside));
    FLATLAN_TRY_VOID(rename_file(made_for(file), file));
    FLATLAN_TRY_VOID(sqlite::sync_folder_of(file));
    FLATLAN_TRY_VOID(remove_file(mark));
    return sqlite::sync_folder_of(file);
}

/// Refuses what is refused whatever the database holds, before anything is made.
Result<void> check_possible(const SqliteLeaseStore::Options& options,
                            const RebuildSources& sources) {
    FLATLAN_TRY_VOID(sqlite::check_place(options.file));
    const bool nothing_is_there = !is_there(options.file) && first_free(options.file) == 1;
    if (nothing_is_there && sources.blocks.empty()) return no_block_is_known();
    NodePool pool;
    for (const IpPrefix& block : sources.blocks)
        if (const auto added = pool.add_block(block); !added)
            return Error{ErrorCode::invalid_argument, added.error().text()}.expecting(
                "blocks that do not overlap, of at most 2^24 addresses");
    if (options.live != nullptr)
        if (const auto seen = options.live->addresses(); !seen) return seen.error();
    return success();
}

}  // namespace

Result<RebuildReport> rebuild(const SqliteLeaseStore::Options& options,
                              const RebuildSources& sources) {
    const path& file = options.file;
    FLATLAN_TRY_VOID(check_possible(options, sources));
    FLATLAN_TRY(queue, sqlite::TicketLock::open(with(file, ".lock")));
    const auto turn = queue.lock();
    if (!turn) return turn.error();

    FLATLAN_TRY_VOID(finish_move(file));
    const unsigned number = first_free(file);
    Salvage found;
    const path aside = aside_of(file, number);
    // An interrupted rebuild has perhaps moved the old one away already.
    const path old = !is_there(file) && number > 1 ? aside_of(file, number - 1) : file;
    if (is_there(old)) {
        FLATLAN_TRY(read, salvage(old));
        found = std::move(read);
    }
    FLATLAN_TRY(report, plan(options, sources, found));
    if (is_there(old)) report.kept_aside = old == file ? aside : old;

    const path made = made_for(file);
    Undo remove_made{[&] {
        for (const char* suffix : kDatabaseSuffixes)
            static_cast<void>(remove_file(with(made, suffix)));  // the next rebuild removes it, too
    }};
    const auto incarnation = sources.incarnation ? sources.incarnation : found.incarnation;
    FLATLAN_TRY_VOID(write_database(made, options, incarnation, report));
    FLATLAN_TRY_VOID(make_mark(SqliteLeaseStore::rebuild_mark_of(file)));
    remove_made.disarm();  // by it the next rebuild knows how far this one got
    FLATLAN_TRY_VOID(exchange(file, aside));
    return report;
}

}  // namespace flatlan::ipam
