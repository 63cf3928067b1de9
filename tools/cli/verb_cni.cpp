#include <charconv>
#include <ostream>

#include "overlay/node/published/read_file.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/conformance/isolation.hpp"
#include "tools/conformance/trial_run.hpp"
#include "tools/reach/report/report_file.hpp"

namespace flatlan::cli {
namespace {

namespace kit = conformance;

Error wrong(const char* flag, const std::string& what, const std::string& expected) {
    return Error{ErrorCode::invalid_argument, what}.at(flag).expecting(expected);
}

Result<std::string> read_file(const char* flag, const std::string& path) {
    auto text = node::read_file(path);
    if (text && !text.value().empty()) return text;
    return wrong(flag, text ? "'" + path + "' is empty" : text.error().text(),
                 "a file with a CNI configuration or a list");
}

Result<unsigned> number_of(const Arguments& arguments, const char* name, unsigned most) {
    const std::string& text = arguments.value(name);
    unsigned number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size() || number == 0 || number > most)
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no such number"}
            .at("--" + std::string{name})
            .expecting("1 to " + std::to_string(most));
    return number;
}

Result<kit::Subject> subject_of(const Arguments& arguments) {
    for (const char* const needed : {"plugin", "config"})
        if (!arguments.has(needed))
            return Error{ErrorCode::invalid_argument, "it is missing"}
                .at("--" + std::string{needed})
                .expecting("flatlan cni conformance --plugin PATH --config FILE");
    const std::filesystem::path plugin{arguments.value("plugin")};
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(plugin, unknown))
        return wrong("--plugin", "there is no file '" + plugin.string() + "'", "a program");
    FLATLAN_TRY(text, read_file("--config", arguments.value("config")));
    FLATLAN_TRY(subject, kit::Subject::read(plugin, text, arguments.value("cni-path")));
    constexpr unsigned kAddressesMax = 1000;
    if (arguments.has("addresses")) {
        FLATLAN_TRY(addresses, number_of(arguments, "addresses", kAddressesMax));
        subject.addresses = addresses;
    }
    subject.preparation = arguments.value("prepare");
    return subject;
}

Result<kit::Selection> selection_of(const Arguments& arguments) {
    kit::Selection selection{.version = {}, .clauses = arguments.value("clauses")};
    if (arguments.has("cni-version"))
        selection.version = cni::version_from(arguments.value("cni-version"));
    const std::string& level = arguments.value("level");
    for (const auto known : {kit::Level::must, kit::Level::should, kit::Level::practice})
        if (level == kit::to_string(known)) selection.weakest = known;
    constexpr unsigned kRoundsMax = 100'000;
    FLATLAN_TRY(rounds, number_of(arguments, "rounds", kRoundsMax));
    selection.rounds = rounds;
    bool any = false;
    for (const kit::Clause& clause : kit::all_clauses())
        any = any || selection.wants(clause);
    if (any) return selection;
    return wrong("--clauses", "no clause begins with '" + selection.clauses + "'",
                 "one that --list shows");
}

void list_clauses(Console& console) {
    for (const kit::Clause& clause : kit::all_clauses())
        console.out << clause.id << "\t" << kit::to_string(clause.level) << "\t" << clause.source
                    << "\t" << clause.title << "\n";
}

/// One line that is redrawn, where somebody watches.
kit::Watch watch_on(Console& console) {
    return [&console](std::size_t done, std::size_t all) {
        if (console.err_terminal.interactive)
            console.err << "\r\x1b[K" << done << " of " << all << " clauses" << std::flush;
    };
}

Result<ExitStatus> run(const Arguments& arguments, Console& console) {
    if (arguments.has("list")) {
        list_clauses(console);
        return ExitStatus::yes;
    }
    FLATLAN_TRY(subject, subject_of(arguments));
    FLATLAN_TRY(selection, selection_of(arguments));
    std::optional<reach::ReportFile> junit;
    if (arguments.has("junit")) {
        auto file = reach::ReportFile::open(arguments.value("junit"));
        if (!file) return std::move(file).error().as(ErrorCode::invalid_argument);
        junit.emplace(std::move(file).value());
    }
    FLATLAN_TRY(shared, kit::enter_own_namespaces());
    for (const std::string& what : shared)
        console.err << "warning: " << what << "\n";
    const auto report = kit::try_clauses(subject, selection, watch_on(console));
    if (console.err_terminal.interactive) console.err << "\r\x1b[K" << std::flush;
    if (!report) return report.error();
    if (junit) FLATLAN_TRY_VOID(junit->write(kit::report_junit(report.value())));
    console.out << (arguments.json() ? kit::report_json(report.value()) + "\n"
                                     : kit::report_text(report.value()));
    return report.value().count(kit::Verdict::fail) == 0 ? ExitStatus::yes : ExitStatus::no;
}

std::vector<std::string> version_choices() {
    return {cni::kVersionTexts.begin(), cni::kVersionTexts.end()};
}

std::vector<OptionUsage> options() {
    return {{.name = "plugin",
             .value = "PATH",
             .summary = "The plugin; the CNI_PATH begins with its folder",
             .completion = Completion::file},
            {.name = "config",
             .value = "FILE",
             .summary = "A configuration or a list of them, as JSON",
             .completion = Completion::file},
            {.name = "cni-path",
             .value = "FOLDERS",
             .summary = "Further folders with plugins, ':' between",
             .completion = Completion::file},
            {.name = "cni-version",
             .value = "VERSION",
             .summary = "In this alone; else in all that it supports",
             .choices = version_choices()},
            {.name = "clauses", .value = "ID", .summary = "Only those whose ids begin so"},
            {.name = "level",
             .value = "LEVEL",
             .summary = "Nothing that binds less",
             .choices = {"must", "should", "practice"},
             .preset = "practice"},
            {.name = "addresses",
             .value = "N",
             .summary = "For so many there are addresses: shows leaks"},
            {.name = "rounds", .value = "N", .summary = "Of what depends on luck", .preset = "20"},
            {.name = "prepare",
             .value = "COMMANDS",
             .summary = "For sh, before each clause, on its new node"},
            {.name = "junit",
             .value = "FILE",
             .summary = "Write the report for a CI server, too",
             .completion = Completion::file},
            {.name = "list", .summary = "Say which clauses there are, and try none"},
            output_option()};
}

}  // namespace

Verb cni_verb() {
    return {.usage = {.verb = "cni",
                      .summary = "Hold any CNI plugin against the specification",
                      .description =
                          "conformance  calls the plugin as a container runtime does, in network\n"
                          "             namespaces made for it, and says clause by clause whether\n"
                          "             the specification, 0.1.0 to 1.1.0, holds and what was\n"
                          "             seen. What it writes below /var/lib and /run goes to\n"
                          "             memory. Runs as an ordinary user too, where the plugin\n"
                          "             does. Exit status: 0 nothing failed, 1 something did.",
                      .positionals = {{.name = "ACTION",
                                       .summary = "What to do",
                                       .choices = {"conformance"}}},
                      .options = options(),
                      .examples = {{"flatlan cni conformance --plugin ./x --config x.json", "all"},
                                   {"flatlan cni conformance --list", "which clauses"}},
                      .synonyms = {"conformance", "plugin"}},
            .run = run};
}

}  // namespace flatlan::cli
