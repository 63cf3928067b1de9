#include <time.h>

#include <charconv>
#include <ostream>

#include <nlohmann/json.hpp>

#include "overlay/pod/container/container_log.hpp"
#include "tools/cli/container_choice.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Error wrong_value(std::string_view option, const std::string& value, std::string expected) {
    return Error{ErrorCode::invalid_argument, "'" + value + "' makes no sense"}
        .at("--" + std::string{option})
        .expecting(std::move(expected));
}

/// "10s", "5m", "2h": the time that is so long ago, as logs have it.
Result<std::string> time_before(const std::string& span) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(span.data(), span.data() + span.size(), number);
    const std::string unit{end, static_cast<std::size_t>(span.data() + span.size() - end)};
    const std::uint64_t seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    if (failed != std::errc{} || seconds == 0 || number > 1'000'000)
        return wrong_value("since", span, "a span such as 30s, 5m or 2h");
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec -= static_cast<time_t>(number * seconds);
    return pod::log_time(now);
}

Result<lab::LogWanted> read_wanted(const Arguments& arguments, const PodName& pod,
                                   std::string container) {
    lab::LogWanted wanted{.pod = pod, .container = std::move(container)};
    wanted.previous = arguments.has("previous");
    if (arguments.has("since")) {
        FLATLAN_TRY(since, time_before(arguments.value("since")));
        wanted.since = std::move(since);
    }
    if (arguments.has("tail")) {
        const std::string& text = arguments.value("tail");
        std::size_t number = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failed != std::errc{} || end != text.data() + text.size())
            return wrong_value("tail", text, "a number of lines");
        wanted.tail = number;
    }
    return wanted;
}

/// As the program wrote them: pieces of a long line are put together again.
class LinePrinter {
public:
    LinePrinter(std::ostream& out, bool with_times) : out_{out}, with_times_{with_times} {}

    void print(const lab::LogLine& line) {
        if (with_times_ && !inside_) out_ << line.time << ' ';
        out_ << line.text;
        inside_ = line.goes_on;
        if (!inside_) out_ << '\n';
    }

private:
    std::ostream& out_;
    bool with_times_;
    bool inside_ = false;
};

nlohmann::ordered_json json_of(const lab::LogLine& line) {
    return {{"time", line.time}, {"stream", line.stream}, {"text", line.text}};
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab));
    FLATLAN_TRY(target, find_target(status, arguments.value("POD")));
    FLATLAN_TRY(container, choose_container(target, arguments.value("container"), console));
    FLATLAN_TRY(wanted, read_wanted(arguments, target.pod->name, container));
    const bool follow = arguments.has("follow");
    if (follow && arguments.json())
        return Error{ErrorCode::invalid_argument, "--follow has no end, and JSON needs one"}
            .expecting("one of the two");

    if (arguments.json()) {
        nlohmann::ordered_json lines = nlohmann::ordered_json::array();
        FLATLAN_TRY_VOID(labs.read_log(
            lab, wanted, false, [&](const lab::LogLine& line) { lines.push_back(json_of(line)); }));
        const nlohmann::ordered_json answer{{"lab", lab.name.text()},
                                            {"pod", to_string(wanted.pod)},
                                            {"container", wanted.container},
                                            {"lines", std::move(lines)}};
        // A program may have written what is no UTF-8; JSON cannot hold it.
        console.out << answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                    << '\n';
        return ExitStatus::yes;
    }
    LinePrinter printer{console.out, arguments.has("timestamps")};
    FLATLAN_TRY_VOID(labs.read_log(lab, wanted, follow, [&](const lab::LogLine& line) {
        printer.print(line);
        if (follow) console.out.flush();
    }));
    return ExitStatus::yes;
}

}  // namespace

Verb logs_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "logs",
             .summary = "Print what a container of a pod has written",
             .description =
                 "Prints the log of a container: both of its outputs, of its last run. Logs are\n"
                 "kept apart for each container and limited in size; the oldest lines go first.",
             .positionals = {{.name = "POD",
                              .summary = "[NAMESPACE/]POD or an address",
                              .completion = Completion::target}},
             .options = {lab_option(),
                         container_option(),
                         {.name = "follow",
                          .letter = 'f',
                          .summary = "Go on with what is written from now on, until it ends"},
                         {.name = "previous", .letter = 'p', .summary = "Of the run before"},
                         {.name = "since",
                          .value = "SPAN",
                          .summary = "Not older than 30s, 5m, 2h"},
                         {.name = "tail", .value = "LINES", .summary = "The last LINES lines"},
                         {.name = "timestamps", .summary = "With the time of each line"},
                         output_option()},
             .examples = {{"flatlan logs web", "what the pod's container wrote"},
                          {"flatlan logs web -c refresh -f", "go on with it"},
                          {"flatlan logs web --previous", "why it was started again"}},
             .synonyms = {"log"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
