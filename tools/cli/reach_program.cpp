#include "tools/cli/reach_program.hpp"

#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/ipam_choice.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/reach_request.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

constexpr std::string_view kProgram = "flatlan-reach";
constexpr std::string_view kNetnsFlag = "--netns";

/// The command line in two: the namespaces' paths, and the rest.
struct ReachWords {
    bool names_paths = false;
    std::vector<std::string> paths;
    std::vector<std::string> others;
};

ReachWords split(std::span<const std::string> words) {
    ReachWords split;
    bool in_paths = false;
    for (const std::string& word : words) {
        if (word == kNetnsFlag) {
            in_paths = true;
            split.names_paths = true;
        } else if (in_paths && !word.starts_with('-')) {
            split.paths.push_back(word);
        } else {
            in_paths = false;
            split.others.push_back(word);
        }
    }
    return split;
}

Result<ExitStatus> test_paths(LabService& labs, const std::vector<std::string>& paths,
                              const Arguments& arguments, Console& console) {
    if (arguments.has("cluster") || arguments.has("socket"))
        return Error{ErrorCode::invalid_argument, "namespaces of this machine are no cluster"}
            .at(std::string{kNetnsFlag})
            .expecting("--netns PATH PATH..., or --cluster");
    if (paths.size() < 2)
        return Error{ErrorCode::invalid_argument, "a test needs at least two namespaces"}
            .at(std::string{kNetnsFlag})
            .expecting("--netns PATH PATH...");
    return run_reach(arguments, console,
                     [&](const reach::TestRequest& request) { return labs.reach(paths, request); });
}

Result<ExitStatus> test_cluster(const ClusterTest& test, const Arguments& arguments,
                                Console& console) {
    if (arguments.has("lab") || !arguments.value("LAB").empty())
        return Error{ErrorCode::invalid_argument, "a lab is no cluster of this machine's flatland"}
            .at("--cluster")
            .expecting("--cluster, or a lab");
    return run_reach(arguments, console, [&](const reach::TestRequest& request) {
        return test(socket_of(arguments), request);
    });
}

}  // namespace

Verb reach_program_verb(LabService& labs, ClusterTest cluster) {
    Verb verb = reach_verb(labs);
    const std::size_t words = verb.usage.command_line().size();
    for (Example& example : verb.usage.examples)
        example.command.replace(0, words, kProgram);
    verb.usage.program = kProgram;
    verb.usage.verb.clear();
    verb.usage.description +=
        "\n\nAs flatlan-reach it takes, instead of a lab, --netns PATH PATH...: any network\n"
        "namespaces, whoever made them (/run/netns/NAME, /proc/PID/ns/net); or --cluster: all\n"
        "pods and nodes of the cluster that this machine is a node of, each tested by its own\n"
        "node's flatland, asked through the registry. Exit status 1 also where one did not\n"
        "answer; of several tests the last one counts.";
    verb.usage.options.push_back(
        {.name = "cluster", .summary = "All of the cluster, by the flatland of each node"});
    verb.usage.options.push_back(socket_option());
    verb.run = [test = std::move(cluster), of_lab = verb.run](const Arguments& arguments,
                                                              Console& console) {
        if (arguments.has("cluster")) return test_cluster(test, arguments, console);
        if (arguments.has("socket"))
            return Result<ExitStatus>{Error{ErrorCode::invalid_argument,
                                            "--socket is of the flatland that --cluster asks"}
                                          .at("--socket")
                                          .expecting("--cluster --socket FILE")};
        return of_lab(arguments, console);
    };
    return verb;
}

ExitStatus run_reach_program(LabService& labs, std::span<const std::string> words, Console& console,
                             ClusterTest cluster) {
    const ReachWords given = split(words);
    Verb verb = reach_program_verb(labs, std::move(cluster));
    if (given.names_paths)
        verb.run = [&](const Arguments& arguments, Console& to) {
            return test_paths(labs, given.paths, arguments, to);
        };
    std::vector<std::string> as_verb{verb.usage.verb};
    as_verb.insert(as_verb.end(), given.others.begin(), given.others.end());
    const std::vector<Verb> verbs{std::move(verb)};
    return run_program(verbs, as_verb, console);
}

}  // namespace flatlan::cli
