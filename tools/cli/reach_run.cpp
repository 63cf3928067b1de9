#include <chrono>
#include <csignal>
#include <ctime>
#include <optional>
#include <ostream>

#include "tools/cli/reach_request.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/reach/changes.hpp"
#include "tools/reach/report/report.hpp"
#include "tools/reach/report/report_file.hpp"

namespace flatlan::cli {
namespace {

/// A file or pipe is as wide as need be.
constexpr unsigned kUnlimitedColumns = 1000;
/// ECMA-48: the cursor to the top left, the screen erased.
constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";

/// The reports that are asked for beside the answer.
class Reports {
public:
    explicit Reports(const Arguments& arguments) : arguments_{arguments} {}

    /// Tells before a test what could not be written after it.
    Result<void> check() const {
        if (arguments_.has("html") && arguments_.value("html") == arguments_.value("junit"))
            return Error{ErrorCode::invalid_argument, "the page and the XML cannot be one file"}
                .at("--junit")
                .expecting("another file than --html's");
        for (const Form& form : kForms)
            if (arguments_.has(form.flag))
                FLATLAN_TRY_VOID(reach::ReportFile::open(arguments_.value(form.flag)));
        return success();
    }
    Result<void> write(const reach::Outcome& outcome) const {
        for (const Form& form : kForms) {
            if (!arguments_.has(form.flag)) continue;
            FLATLAN_TRY(file, reach::ReportFile::open(arguments_.value(form.flag)));
            FLATLAN_TRY_VOID(file.write(form.report(outcome)));
        }
        return success();
    }

private:
    struct Form {
        const char* flag;
        std::string (*report)(const reach::Outcome&);
    };
    static constexpr Form kForms[] = {{"html", reach::html_report}, {"junit", reach::junit_report}};

    const Arguments& arguments_;
};

std::string clock_time() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    char text[sizeof "23:59:59"];
    localtime_r(&now, &parts);
    return {text, std::strftime(text, sizeof text, "%H:%M:%S", &parts)};
}

/// Waits so long, or until someone wants the program to end: true then.
bool interrupted_within(Duration pause) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &ending, &before);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(pause);
    const timespec time{.tv_sec = seconds.count(), .tv_nsec = (pause - seconds).count()};
    const bool interrupted = sigtimedwait(&ending, nullptr, &time) > 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return interrupted;
}

void tell(const reach::Outcome& outcome, bool json, Console& console) {
    const unsigned columns =
        console.out_terminal.interactive ? console.out_terminal.columns : kUnlimitedColumns;
    console.out << (json ? reach::outcome_json(outcome) + "\n"
                         : reach::outcome_text(outcome, columns))
                << std::flush;
}

/// One of several tests: the whole picture where it replaces the last one, else what is new in it.
void tell_round(const reach::Outcome& outcome, const std::optional<reach::Outcome>& last, bool json,
                Console& console) {
    if (json) return tell(outcome, json, console);
    if (console.out_terminal.interactive) console.out << kClearScreen;
    if (console.out_terminal.interactive || !last) tell(outcome, json, console);
    const std::string changes = last ? reach::changes_text(reach::changes_since(*last, outcome)) +
                                           reach::untested_changes_text(*last, outcome)
                                     : "";
    console.out << clock_time() << "  " << reach::verdict_text(outcome)
                << (changes.empty() ? "" : ", changed:") << "\n"
                << changes << std::flush;
}

}  // namespace

Result<ExitStatus> run_reach(const Arguments& arguments, Console& console, const ReachTest& test) {
    FLATLAN_TRY(request, reach_request(arguments));
    FLATLAN_TRY(rounds, reach_rounds(arguments));
    const Reports reports{arguments};
    FLATLAN_TRY_VOID(reports.check());
    std::optional<reach::Outcome> last;
    for (std::uint64_t round = 0; !rounds.count || round < *rounds.count; ++round) {
        if (round > 0 && interrupted_within(rounds.pause)) break;
        FLATLAN_TRY(outcome, test(request));
        if (rounds.repeated())
            tell_round(outcome, last, arguments.json(), console);
        else
            tell(outcome, arguments.json(), console);
        FLATLAN_TRY_VOID(reports.write(outcome));
        last = std::move(outcome);
    }
    return last->whole() && last->untested().empty() ? ExitStatus::yes : ExitStatus::no;
}

}  // namespace flatlan::cli
