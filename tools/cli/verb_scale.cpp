#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/stopwatch.hpp"
#include "tools/cli/table.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

struct KindWord {
    std::string_view word, kind;
};
/// Kubernetes' names of the two and its short ones.
constexpr std::array<KindWord, 4> kKinds{{{"deployment", "deployment"},
                                          {"deploy", "deployment"},
                                          {"replicaset", "replicaset"},
                                          {"rs", "replicaset"}}};

/// "[NAMESPACE/]KIND/NAME".
Result<lab::ScaleRequest> read_workload(const std::string& text) {
    const auto wrong = [&] {
        return Error{ErrorCode::invalid_argument, "'" + text + "' names no workload"}
            .at("WORKLOAD")
            .expecting(
                "deployment/NAME or replicaset/NAME, with NAMESPACE/ in front where it is "
                "not 'default'");
    };
    const auto name_at = text.rfind('/');
    if (name_at == text.npos || name_at + 1 == text.size()) return wrong();
    lab::ScaleRequest request;
    request.name = text.substr(name_at + 1);
    std::string kind = text.substr(0, name_at);
    if (const auto kind_at = kind.find('/'); kind_at != kind.npos) {
        request.pod_namespace = kind.substr(0, kind_at);
        kind.erase(0, kind_at + 1);
    }
    const auto known = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const KindWord& each) { return each.word == kind; });
    if (known == kKinds.end() || !is_dns_label(request.name) ||
        !is_dns_label(request.pod_namespace))
        return wrong();
    request.kind = known->kind;
    return request;
}

Result<std::size_t> read_replicas(const std::string& text) {
    std::size_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size() || number > lab::kPodsMax)
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no number of pods"}
            .at("REPLICAS")
            .expecting("a number from 0 to " + std::to_string(lab::kPodsMax));
    return number;
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(request, read_workload(arguments.value("WORKLOAD")));
    FLATLAN_TRY(replicas, read_replicas(arguments.value("REPLICAS")));
    request.replicas = replicas;
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    const Stopwatch watch;
    FLATLAN_TRY(report, labs.scale(lab.name, request));
    if (arguments.json()) {
        console.out << scale_json(lab.name, request, report, watch.elapsed()) << '\n';
        return ExitStatus::yes;
    }
    console.out << request.kind << '/' << request.name << ": " << count_of(replicas, "pod");
    if (report.before == replicas)
        console.out << ", as before\n";
    else
        console.out << ", before " << report.before << ", " << in_words(watch.elapsed()) << '\n';
    print_warnings(report.changes.notes, console);
    return ExitStatus::yes;
}

}  // namespace

Verb scale_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "scale",
             .summary = "Change how many pods a Deployment or ReplicaSet has",
             .description =
                 "Gives a workload more pods or fewer and returns when they run, or are gone. The\n"
                 "pods that stay are not touched: those that go are the last ones, and end as\n"
                 "their grace period says. 'flatlan apply' goes back to what the file says.",
             .positionals = {{.name = "WORKLOAD",
                              .summary = "[NAMESPACE/]deployment/NAME or replicaset/NAME"},
                             {.name = "REPLICAS", .summary = "How many pods it is to have"}},
             .options = {lab_option(), output_option()},
             .examples = {{"flatlan scale deployment/web 5", "five pods of web"},
                          {"flatlan scale deployment/web 0", "none of them, for now"}},
             .synonyms = {"replicas", "resize"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
