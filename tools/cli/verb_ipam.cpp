#include <algorithm>
#include <ostream>

#include "ipam/leak_watch.hpp"
#include "tools/cli/ipam_choice.hpp"
#include "tools/cli/ipam_text.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

void say_what_was_not_asked(const lab::IpamReport& report, Console& console) {
    if (report.registry_asked) return;
    console.err << "this machine's data alone: "
                << (report.registry_error.empty() ? "no registry was asked" : report.registry_error)
                << "; nothing is said of other nodes\n";
}

Result<ExitStatus> show(LabService& labs, const IpamPlace& place, bool json, Console& console) {
    FLATLAN_TRY(report, labs.ipam(place, false));
    if (json) {
        console.out << lab::to_json(report) << '\n';
        return ExitStatus::yes;
    }
    console.out << blocks_text(report, console.out_terminal);
    say_what_was_not_asked(report, console);
    if (!place.database.empty() && !place.rules)
        console.err << "what its cluster excludes and reserves is not known here, and counts as "
                       "free\n";
    return ExitStatus::yes;
}

/// What is found by two looks: a pod that came or went in between is no finding.
Result<lab::IpamReport> look_twice(LabService& labs, const IpamPlace& place) {
    FLATLAN_TRY(first, labs.ipam(place, true));
    if (first.findings.empty()) return first;
    FLATLAN_TRY(second, labs.ipam(place, true));
    std::erase_if(second.findings, [&](const ipam::Finding& finding) {
        return std::find(first.findings.begin(), first.findings.end(), finding) ==
               first.findings.end();
    });
    return second;
}

Result<ExitStatus> check(LabService& labs, const IpamPlace& place, bool json, Console& console) {
    FLATLAN_TRY(report, look_twice(labs, place));
    console.out << (json ? check_json(report) + "\n" : findings_text(report, console.out_terminal));
    if (!json) say_what_was_not_asked(report, console);
    return report.findings.empty() ? ExitStatus::yes : ExitStatus::no;
}

using HeldLeases = std::vector<lab::IpamReport::HeldLease>;

std::vector<ipam::Lease> unused_of(const HeldLeases& leases) {
    std::vector<ipam::Lease> unused;
    for (const lab::IpamReport::HeldLease& held : leases)
        if (held.unused) unused.push_back(held.lease);
    return unused;
}

/// The two looks; the third is the release's own.
Result<HeldLeases> find_leaks(LabService& labs, const IpamPlace& place) {
    FLATLAN_TRY(first, labs.ipam(place, true));
    if (unused_of(first.leases).empty()) return HeldLeases{};
    ipam::LeakWatch watch;
    static_cast<void>(watch.observe(Instant{}, unused_of(first.leases)));
    labs.pause(ipam::LeakWatch::kGap);
    FLATLAN_TRY(second, labs.ipam(place, true));
    const auto leaks = watch.observe(Instant{} + ipam::LeakWatch::kGap, unused_of(second.leases));
    std::erase_if(second.leases, [&](const lab::IpamReport::HeldLease& held) {
        return std::find(leaks.begin(), leaks.end(), held.lease) == leaks.end();
    });
    return std::move(second.leases);
}

Result<ExitStatus> collect(LabService& labs, const IpamPlace& place, bool dry_run, bool json,
                           Console& console) {
    Collection collection{.dry_run = dry_run};
    FLATLAN_TRY(leaks, find_leaks(labs, place));
    collection.leaks = std::move(leaks);
    if (!dry_run && !collection.leaks.empty()) {
        FLATLAN_TRY(released, labs.release_unused(place, collection.leaks));
        collection.released = std::move(released);
    }
    console.out << (json ? collection_json(collection) + "\n" : collection_text(collection));
    return ExitStatus::yes;
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    const std::string& action = arguments.value("ACTION");
    if (arguments.has("dry-run") && action != "gc")
        return Error{ErrorCode::invalid_argument, "ipam " + action + " has no dry run"}
            .at("--dry-run")
            .expecting("flatlan ipam gc --dry-run");
    if (arguments.has("confirm") && action != "rebuild")
        return Error{ErrorCode::invalid_argument, "ipam " + action + " has nothing to confirm"}
            .at("--confirm")
            .expecting("flatlan ipam rebuild --confirm");
    if (arguments.has("force") && action != "rebuild")
        return Error{ErrorCode::invalid_argument, "ipam " + action + " forces nothing"}
            .at("--force")
            .expecting("flatlan ipam rebuild --force");
    if (action == "rebuild") return run_ipam_rebuild(labs, arguments, console);
    FLATLAN_TRY(place, choose_ipam_place(labs, arguments, console));
    if (action == "show") return show(labs, place, arguments.json(), console);
    if (action == "check") return check(labs, place, arguments.json(), console);
    return collect(labs, place, arguments.has("dry-run"), arguments.json(), console);
}

std::vector<OptionUsage> options() {
    return {lab_option(),
            {.name = "database",
             .value = "FILE",
             .summary = "A node's database of leases, instead of a lab",
             .completion = Completion::file},
            socket_option(),
            {.name = "dry-run", .summary = "gc: say what would be released, and release nothing"},
            {.name = "blocks",
             .value = "CIDR,...",
             .summary = "rebuild: the node's blocks; else as recorded"},
            {.name = "node",
             .value = "NAME",
             .summary = "rebuild: the node, for the lease of its own addresses"},
            {.name = "force", .summary = "rebuild: also a database that is not damaged"},
            {.name = "confirm", .summary = "rebuild: wait for no further node"},
            output_option()};
}

}  // namespace

Verb ipam_verb(LabService& labs) {
    return {
        .usage = {.verb = "ipam",
                  .summary = "Show and audit which address is whose",
                  .description =
                      "show     each block with its owner and how full it is\n"
                      "check    duplicates, overlaps, leaks, orphans, unconfirmed claims; the\n"
                      "         exit status is 1 when there is any\n"
                      "gc       release leases that nobody uses: found by two looks at all\n"
                      "         network namespaces, and by a third before the release\n"
                      "rebuild  make a damaged database anew, from what can be read of it, from\n"
                      "         live network namespaces and from the registry; the old one is\n"
                      "         kept. What is not damaged it leaves alone, unless forced\n"
                      "\n"
                      "They work on a lab, or on the node that this machine is: then its flatland\n"
                      "is asked, and where that does not answer, the database of its leases.\n"
                      "\n"
                      "A registry that was lost or put back to a copy lets nobody claim blocks\n"
                      "until every node has published its own again ('flatlan node status' says\n"
                      "who is awaited). 'rebuild --confirm' goes on without those: say it only of\n"
                      "nodes that will not come back.",
                  .positionals = {{.name = "ACTION",
                                   .summary = "What to do",
                                   .choices = {"show", "check", "gc", "rebuild"}}},
                  .options = options(),
                  .examples = {{"flatlan ipam show", "the blocks of the only lab"},
                               {"flatlan ipam check --lab three-nodes", "anything wrong?"},
                               {"flatlan ipam gc --dry-run", "what has leaked"},
                               {"flatlan ipam show --database leases.db", "of a node"},
                               {"flatlan ipam rebuild", "on a node, as root"}},
                  .synonyms = {"leases", "addresses", "blocks", "audit"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
