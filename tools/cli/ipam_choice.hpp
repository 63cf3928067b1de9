#pragma once

#include <filesystem>

#include "tools/cli/ipam_place.hpp"
#include "tools/cli/lab_service.hpp"
#include "tools/cli/verb.hpp"

/// What `flatlan ipam` works on, and its action that makes a database anew.
namespace flatlan::cli {

/// "--socket FILE", for what asks a node's daemon.
OptionUsage socket_option();
/// The daemon's socket: as given, or the usual one.
std::string socket_of(const Arguments& arguments);

/// Whether both paths lead to one file, there or not.
bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other);

/// The place that the flags name; without any the only lab, or the node that this machine is. Where
/// its daemon does not answer that is said on standard error, and its database is the place. Wrong
/// use: more than one of --lab, --socket and --database; none, where both a lab and a node run.
Result<IpamPlace> choose_ipam_place(LabService& labs, const Arguments& arguments, Console& console);

/// `flatlan ipam rebuild`.
Result<ExitStatus> run_ipam_rebuild(LabService& labs, const Arguments& arguments, Console& console);

}  // namespace flatlan::cli
