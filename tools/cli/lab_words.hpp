#pragma once

#include <string>
#include <vector>

#include "overlay/base/time.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/lab_service.hpp"

/// What several verbs say about labs.
namespace flatlan::cli {

/// Reads a lab file and prints its warnings on standard error, unless the answer is JSON and holds
/// them. Whatever is wrong with a file, its being away included, is wrong input: invalid_argument.
Result<lab::LabFile> read_lab_file(LabService& labs, const std::string& path, bool json,
                                   Console& console);

/// On standard error, one line each.
void print_warnings(const std::vector<std::string>& warnings, Console& console);

/// The lab that a verb is to work on: as a word or with --lab; the only one that runs without
/// either. Both at once are wrong use.
Result<lab::LabEntry> choose_lab(LabService& labs, const std::string& word,
                                 const std::string& option);

/// "3 nodes, 12 pods".
std::string size_in_words(const lab::LabStatus& status);

/// "0.31 s", "12 ms", "2 min 5 s".
std::string in_words(Duration took);

/// Commands to try in a lab that has just started, with names and addresses that it really has.
/// `alone`: no other lab runs, so it need not be named.
std::string next_steps(const lab::LabStatus& status, bool alone);

}  // namespace flatlan::cli
