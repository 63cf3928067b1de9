#include "tools/cli/ipam_choice.hpp"

#include <array>
#include <ostream>

#include "tools/cli/lab_words.hpp"

namespace flatlan::cli {
namespace {

/// At most one of the flags that name a place.
Result<void> check_one_place(const Arguments& arguments) {
    std::string given;
    for (const char* const name : {"lab", "socket", "database"}) {
        if (!arguments.has(name)) continue;
        if (!given.empty())
            return Error{ErrorCode::invalid_argument,
                         given + " and --" + name + " name two different places"}
                .at(std::string{"--"} + name)
                .expecting("one of --lab, --socket and --database");
        given = std::string{"--"} + name;
    }
    return success();
}

/// Of the database, if it is that of the node that this machine is.
IpamPlace place_of_database(LabService& labs, const std::string& database) {
    IpamPlace place{.database = database};
    if (const auto file = labs.node_file(); file && is_same_file(file.value().lease_file, database))
        place.rules = {.excluded = file.value().excluded, .reserved = file.value().reserved};
    return place;
}

/// Whether a flatland runs here, or has run.
bool is_node(LabService& labs) {
    const auto file = labs.node_file();
    return file || file.error().code() != ErrorCode::not_found ||
           labs.node_status(std::string{daemon::kSocketPath});
}

/// By the daemon, or by the database where nobody answers.
Result<IpamPlace> place_of_node(LabService& labs, Console& console) {
    const std::string socket{daemon::kSocketPath};
    const auto status = labs.node_status(socket);
    if (status) return IpamPlace{.socket = socket};
    if (status.error().code() != ErrorCode::unavailable) return status.error();
    FLATLAN_TRY(file, labs.node_file());
    console.err << "flatland does not answer: " << status.error().to_string() << '\n';
    return place_of_database(labs, file.lease_file);
}

}  // namespace

OptionUsage socket_option() {
    return {.name = "socket",
            .value = "FILE",
            .summary = "Of the flatland to ask (" + std::string{daemon::kSocketPath} + ")",
            .completion = Completion::file};
}

std::string socket_of(const Arguments& arguments) {
    return arguments.has("socket") ? arguments.value("socket") : std::string{daemon::kSocketPath};
}

bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other) {
    std::error_code unknown;
    return std::filesystem::weakly_canonical(one, unknown) ==
           std::filesystem::weakly_canonical(other, unknown);
}

Result<IpamPlace> choose_ipam_place(LabService& labs, const Arguments& arguments,
                                    Console& console) {
    FLATLAN_TRY_VOID(check_one_place(arguments));
    if (arguments.has("database")) return place_of_database(labs, arguments.value("database"));
    if (arguments.has("socket")) return IpamPlace{.socket = arguments.value("socket")};
    if (!arguments.has("lab") && is_node(labs)) {
        FLATLAN_TRY(running, labs.list());
        if (running.empty()) return place_of_node(labs, console);
        return Error{ErrorCode::invalid_argument, "this machine is a node, and the lab '" +
                                                      running.front().name.text() + "' runs on it"}
            .expecting("--lab " + running.front().name.text() + " or --socket " +
                       std::string{daemon::kSocketPath});
    }
    FLATLAN_TRY(lab, choose_lab(labs, {}, arguments.value("lab")));
    return IpamPlace{.lab = lab.name};
}

}  // namespace flatlan::cli
