#include "tools/cli/lab_words.hpp"

#include <algorithm>
#include <ostream>

#include "tools/cli/table.hpp"

namespace flatlan::cli {
namespace {

using namespace std::chrono_literals;

/// The first two pods with an address, on different nodes where there are such.
std::pair<const lab::PodStatus*, const lab::PodStatus*> pair_to_ping(const lab::LabStatus& status) {
    const lab::PodStatus* from = nullptr;
    const lab::PodStatus* to = nullptr;
    for (const lab::PodStatus& pod : status.pods) {
        if (pod.ips.empty()) continue;
        if (from == nullptr) {
            from = &pod;
        } else if (pod.node != from->node) {
            return {from, &pod};
        } else if (to == nullptr) {
            to = &pod;
        }
    }
    return {from, to};
}

std::string first_address(const IpAddresses& addresses) {
    return addresses.ipv4 ? to_string(*addresses.ipv4) : to_string(*addresses.ipv6);
}

}  // namespace

Result<lab::LabFile> read_lab_file(LabService& labs, const std::string& path, bool json,
                                   Console& console) {
    auto file = labs.read_file(path);
    if (!file) return std::move(file).error().as(ErrorCode::invalid_argument);
    if (!json) print_warnings(file.value().warnings, console);
    return file;
}

void print_warnings(const std::vector<std::string>& warnings, Console& console) {
    for (const std::string& warning : warnings)
        console.err << styled(console.err_terminal, Style::warning, "warning:") << ' ' << warning
                    << '\n';
}

Result<lab::LabEntry> choose_lab(LabService& labs, const std::string& word,
                                 const std::string& option) {
    if (!word.empty() && !option.empty() && word != option)
        return Error{ErrorCode::invalid_argument, "two labs are named: " + word + " and " + option}
            .at("--lab");
    return labs.choose(word.empty() ? option : word);
}

std::string size_in_words(const lab::LabStatus& status) {
    return count_of(status.nodes.size(), "node") + ", " + count_of(status.pods.size(), "pod");
}

std::string in_words(Duration took) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    if (took < 100ms) return std::to_string(milliseconds) + " ms";
    if (took >= 1min)
        return std::to_string(milliseconds / 60'000) + " min " +
               std::to_string(milliseconds / 1000 % 60) + " s";
    const std::string hundredths = std::to_string(milliseconds / 10 % 100);
    return std::to_string(milliseconds / 1000) + '.' + (hundredths.size() < 2 ? "0" : "") +
           hundredths + " s";
}

std::string next_steps(const lab::LabStatus& status, bool alone) {
    const std::string lab = alone ? "" : " --lab " + status.lab.text();
    Table commands{{{"Try next:"}, {""}}};
    commands.add({{"  flatlan ps" + lab}, {"nodes, pods and their addresses"}});
    if (const auto [from, to] = pair_to_ping(status); to != nullptr) {
        const std::string where = to->node == from->node ? "the same node" : "another node";
        commands.add({{"  flatlan exec" + lab + ' ' + to_short_string(from->name) +
                       " -- ping -c 3 " + first_address(to->ips)},
                      {"to " + to_short_string(to->name) + " on " + where}});
    }
    commands.add({{"  flatlan reach" + lab}, {"prove that every pod reaches every other"}});
    commands.add({{"  flatlan down" + lab}, {"end the lab"}});
    return commands.render({});
}

}  // namespace flatlan::cli
