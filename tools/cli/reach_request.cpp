#include "tools/cli/reach_request.hpp"

#include <charconv>
#include <fstream>
#include <iostream>
#include <sstream>

namespace flatlan::cli {
namespace {

Result<std::uint64_t> number_of(const Arguments& arguments, const std::string& flag,
                                std::uint64_t least = 0) {
    const std::string& text = arguments.value(flag);
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = !text.empty() && failed == std::errc{} && end == text.data() + text.size();
    if (!whole || number < least)
        return Error{ErrorCode::invalid_argument,
                     "'" + text + (whole ? "' is too small" : "' is no number")}
            .at("--" + flag)
            .expecting("a whole number from " + std::to_string(least) + " on");
    return number;
}

}  // namespace

std::vector<OptionUsage> reach_options() {
    return {
        {.name = "family",
         .value = "4|6",
         .summary = "Only over this family of addresses",
         .choices = {"4", "6"}},
        {.name = "protocol",
         .value = "PROTOCOL",
         .summary = "Only by icmp, udp or tcp",
         .choices = {"icmp", "udp", "tcp"}},
        {.name = "from", .value = "NAME", .summary = "Only from this pod or node/NAME"},
        {.name = "to", .value = "NAME", .summary = "Only to this pod or node/NAME"},
        {.name = "pairs",
         .value = "FILE",
         .summary = "Only the pairs in FILE, one a line: FROM TO",
         .completion = Completion::file},
        {.name = "pods-only", .summary = "Leave the nodes' own addresses out"},
        {.name = "sample", .value = "N", .summary = "Only N of the pairs, drawn by chance"},
        {.name = "seed", .value = "N", .summary = "Of that chance", .preset = "1"},
        {.name = "quick", .summary = "Leave out path MTU, streams and large transfers"},
        {.name = "deep", .summary = "Try those of every pair, not of some for each way"},
        {.name = "html", .value = "FILE", .summary = "Write a page for people to FILE as well"},
        {.name = "junit", .value = "FILE", .summary = "Write JUnit XML to FILE as well"},
        {.name = "watch", .value = "SECONDS", .summary = "Test again and again, with such a pause"},
        {.name = "rounds", .value = "N", .summary = "With --watch: end after N tests"}};
}

namespace {

Result<trial::TrialExtent> trial_extent(const Arguments& arguments) {
    const bool deep = arguments.has("deep");
    if (deep && arguments.has("quick"))
        return Error{ErrorCode::invalid_argument, "--quick leaves out what --deep adds"}
            .at("--quick")
            .expecting("one of them");
    if (deep) return trial::TrialExtent::all;
    return arguments.has("quick") ? trial::TrialExtent::none : trial::TrialExtent::covering;
}

/// One pair a line, two names each; what follows a "#" is for people.
Result<std::vector<probe::NamedPair>> read_pairs(const std::string& path) {
    std::ifstream file;
    if (path != "-") file.open(path);
    std::istream& in = path == "-" ? std::cin : file;
    const auto wrong = [&](std::string message, std::size_t line) {
        return Error{ErrorCode::invalid_argument, std::move(message)}
            .at("--pairs " + path + (line > 0 ? ":" + std::to_string(line) : ""))
            .expecting("FROM TO on each line");
    };
    if (!in) return wrong("the file cannot be read", 0);
    std::vector<probe::NamedPair> pairs;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        std::istringstream words{line.substr(0, line.find('#'))};
        probe::NamedPair pair;
        std::string more;
        if (!(words >> pair.from)) continue;
        if (!(words >> pair.to) || words >> more) return wrong("no pair: '" + line + "'", number);
        pairs.push_back(std::move(pair));
    }
    if (pairs.empty()) return wrong("there is no pair in it", 0);
    return pairs;
}

}  // namespace

Result<reach::TestRequest> reach_request(const Arguments& arguments) {
    FLATLAN_TRY(trials, trial_extent(arguments));
    reach::TestRequest wanted{.plan = {}, .trials = trials};
    probe::PlanRequest& request = wanted.plan;
    if (arguments.has("family"))
        request.families = {arguments.value("family") == "4" ? IpFamily::ipv4 : IpFamily::ipv6};
    if (arguments.has("protocol")) {
        FLATLAN_TRY(protocol, probe::protocol_from_text(arguments.value("protocol")));
        request.protocols = {protocol};
    }
    request.with_nodes = !arguments.has("pods-only");
    const auto end_of = [&](const char* flag) {
        return arguments.has(flag) ? arguments.value(flag) : std::string{"*"};
    };
    if (arguments.has("from") || arguments.has("to"))
        request.pairs.push_back({end_of("from"), end_of("to")});
    if (arguments.has("pairs")) {
        if (!request.pairs.empty())
            return Error{ErrorCode::invalid_argument, "--pairs says who sends to whom"}
                .at("--pairs")
                .expecting("--pairs without --from and --to");
        FLATLAN_TRY(pairs, read_pairs(arguments.value("pairs")));
        request.pairs = std::move(pairs);
    }
    if (arguments.has("sample")) {
        FLATLAN_TRY(sample, number_of(arguments, "sample", 1));
        request.sample = sample;
    }
    FLATLAN_TRY(seed, number_of(arguments, "seed"));
    request.seed = seed;
    return wanted;
}

Result<ReachRounds> reach_rounds(const Arguments& arguments) {
    if (!arguments.has("watch")) {
        if (!arguments.has("rounds")) return ReachRounds{.count = 1, .pause = {}};
        return Error{ErrorCode::invalid_argument,
                     "--rounds says when --watch ends, which is not there"}
            .at("--rounds")
            .expecting("--watch SECONDS --rounds N");
    }
    constexpr std::uint64_t kPauseMaxSeconds = 86'400;
    FLATLAN_TRY(seconds, number_of(arguments, "watch"));
    if (seconds > kPauseMaxSeconds)
        return Error{ErrorCode::invalid_argument, "a pause of more than a day"}
            .at("--watch")
            .expecting("0 to 86400 seconds");
    ReachRounds rounds{.count = std::nullopt, .pause = std::chrono::seconds{seconds}};
    if (arguments.has("rounds")) {
        FLATLAN_TRY(count, number_of(arguments, "rounds", 1));
        rounds.count = count;
    }
    return rounds;
}

}  // namespace flatlan::cli
