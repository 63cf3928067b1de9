#include <ostream>

#include "tools/cli/ipam_choice.hpp"
#include "tools/cli/ipam_text.hpp"

namespace flatlan::cli {
namespace {

Result<std::vector<IpPrefix>> blocks_of(const std::string& text) {
    std::vector<IpPrefix> blocks;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        auto block = IpPrefix::from_text(std::string_view{text}.substr(begin, end - begin));
        if (!block) return std::move(block).error().at("--blocks");
        blocks.push_back(block.value());
        begin = end + 1;
    }
    return blocks;
}

/// Which database when none is named: that of the node that this machine is.
Result<std::string> database_of_node(LabService& labs, const Result<daemon::NodeClaims>& claims) {
    if (claims) return claims.value().database;
    if (const auto file = labs.node_file()) return file.value().lease_file.string();
    return Error{ErrorCode::invalid_argument,
                 "no flatland runs here, and a lab keeps its leases in memory"}
        .at("--database")
        .expecting("--database FILE");
}

std::string text_of(const std::vector<IpPrefix>& blocks) {
    std::string text;
    for (const IpPrefix& block : blocks)
        text += (text.empty() ? "" : ",") + to_string(block);
    return text;
}

/// Who is told a block of another node would give the addresses of that node's pods out anew.
Result<void> check_own(const std::vector<IpPrefix>& blocks, const daemon::NodeClaims& claims) {
    for (const IpPrefix& block : blocks)
        for (const daemon::NodeClaims::Foreign& other : claims.foreign)
            if (block.overlaps(other.block))
                return Error{ErrorCode::invalid_argument,
                             "block " + to_string(other.block) + " is node '" + other.node + "'s"}
                    .at("--blocks " + to_string(block))
                    .expecting(
                        claims.blocks.empty()
                            ? "a block of node '" + claims.node + "': the registry knows of none"
                            : "--blocks " + text_of(claims.blocks) +
                                  ", or none: the registry knows node '" + claims.node + "'s");
    return success();
}

/// Lets claims go on without the members that are waited for.
Result<ExitStatus> confirm(LabService& labs, const Arguments& arguments, Console& console) {
    for (const char* const name : {"database", "blocks", "node", "force"})
        if (arguments.has(name))
            return Error{ErrorCode::invalid_argument, "--confirm concerns the whole cluster"}
                .at(std::string{"--"} + name)
                .expecting("flatlan ipam rebuild --confirm");
    const std::string socket = socket_of(arguments);
    FLATLAN_TRY(status, labs.node_status(socket));
    if (status.claims_paused) FLATLAN_TRY_VOID(labs.confirm_rebuild(socket));
    console.out << (arguments.json() ? confirmed_json(status) + "\n" : confirmed_text(status));
    return ExitStatus::yes;
}

}  // namespace

Result<ExitStatus> run_ipam_rebuild(LabService& labs, const Arguments& arguments,
                                    Console& console) {
    if (arguments.has("lab"))
        return Error{ErrorCode::invalid_argument,
                     "a lab keeps its leases in memory: there is nothing to rebuild"}
            .at("--lab")
            .expecting("--database FILE, or none on a node");
    if (arguments.has("confirm")) return confirm(labs, arguments, console);
    RebuildRequest request{.database = arguments.value("database"),
                           .forced = arguments.has("force")};
    FLATLAN_TRY(blocks, blocks_of(arguments.value("blocks")));
    request.blocks = std::move(blocks);
    if (arguments.has("node")) {
        FLATLAN_TRY(node, NodeName::from(arguments.value("node")));
        request.node = node;
    }
    const auto claims = labs.node_claims(socket_of(arguments));
    if (!arguments.has("database")) {
        FLATLAN_TRY(database, database_of_node(labs, claims));
        request.database = std::move(database);
    }
    if (claims && is_same_file(claims.value().database, request.database)) {
        FLATLAN_TRY_VOID(check_own(request.blocks, claims.value()));
        if (request.blocks.empty()) request.blocks = claims.value().blocks;
        FLATLAN_TRY(node, NodeName::from(claims.value().node));
        if (!request.node) request.node = node;
        request.incarnation = claims.value().incarnation;
    } else {
        console.err << "no registry was asked: "
                    << (claims ? "the database is not that of this machine's flatland"
                               : claims.error().to_string())
                    << '\n';
    }
    FLATLAN_TRY(report, labs.rebuild(request));
    console.out << (arguments.json() ? rebuild_json(request.database, report) + "\n"
                                     : rebuild_text(request.database, report));
    return ExitStatus::yes;
}

}  // namespace flatlan::cli
