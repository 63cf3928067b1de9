#include "tools/cli/program.hpp"

#include <algorithm>
#include <ostream>
#include <vector>

#include "overlay/base/suggestion.hpp"
#include "overlay/base/text.hpp"
#include "tools/cli/answers.hpp"
#include "tools/cli/help.hpp"

namespace flatlan::cli {
namespace {

/// Programs and other machines have a word in it, maybe in several lines.
std::string shown(std::string_view text) {
    const std::size_t end = text.find('\n');
    const std::string line = for_terminal(text.substr(0, end));
    return end == text.npos ? line : line + '\n' + shown(text.substr(end + 1));
}

/// The one place where an error is printed.
void print_error(const Error& error, bool json, Console& console) {
    if (json) {
        console.out << error_json(error) << '\n';
        return;
    }
    console.err << styled(console.err_terminal, Style::bad, "flatlan:") << ' '
                << shown(error.to_string()) << '\n';
}

Error no_such_verb(std::span<const Verb> verbs, const std::string& word) {
    if (word.starts_with('-'))
        return Error{ErrorCode::invalid_argument, "options stand after the verb"}
            .at(word)
            .expecting("flatlan VERB " + word);
    std::vector<std::string> names{"help"};
    std::vector<std::string> near;
    for (const Verb& verb : verbs) {
        const std::vector<std::string>& synonyms = verb.usage.synonyms;
        if (!verb.hidden) names.push_back(verb.usage.verb);
        if (std::find(synonyms.begin(), synonyms.end(), word) != synonyms.end())
            near.push_back(verb.usage.verb);
    }
    if (near.empty()) near = nearest(word, names);
    return Error{ErrorCode::invalid_argument, "there is no verb '" + word + "'"}.expecting(
        near.empty() ? "a verb that 'flatlan --help' lists" : join_alternatives(near));
}

const Verb* find_verb(std::span<const Verb> verbs, const std::string& name) {
    const auto found = std::find_if(verbs.begin(), verbs.end(),
                                    [&](const Verb& verb) { return verb.usage.verb == name; });
    return found == verbs.end() ? nullptr : &*found;
}

bool is_help(const std::string& word) { return word == "help" || word == "--help" || word == "-h"; }

ExitStatus run_verb(const Verb& verb, std::span<const std::string> words, Console& console) {
    const auto arguments = Arguments::parse(verb.usage, words);
    if (!arguments) {
        print_error(arguments.error(), asks_for_json(words), console);
        return verb.status_of(arguments.error());
    }
    if (arguments.value().help()) {
        console.out << help_of(verb, console.out_terminal);
        return ExitStatus::yes;
    }
    const Result<ExitStatus> status = verb.run(arguments.value(), console);
    if (status) return status.value();
    print_error(status.error(), arguments.value().json(), console);
    return verb.status_of(status.error());
}

}  // namespace

ExitStatus run_program(std::span<const Verb> verbs, std::span<const std::string> words,
                       Console& console) {
    if (words.empty()) {
        console.err << overview(verbs, console.err_terminal);
        return ExitStatus::wrong_input;
    }
    const bool help = is_help(words.front());
    if (help && words.size() == 1) {
        console.out << overview(verbs, console.out_terminal);
        return ExitStatus::yes;
    }
    const std::string name = help ? words[1] : words.front() == "--version" ? "version" : words[0];
    const Verb* verb = find_verb(verbs, name);
    if (verb == nullptr) {
        const Error error = no_such_verb(verbs, name);
        print_error(error, asks_for_json(words), console);
        return exit_status_of(error.code());
    }
    if (!help) return run_verb(*verb, words.subspan(1), console);
    console.out << help_of(*verb, console.out_terminal);
    return ExitStatus::yes;
}

ExitStatus finish_answer(std::string_view program, ExitStatus status, Console& console) {
    if (console.out.flush()) return status;
    console.err << program << ": the answer could not be written\n";
    return ExitStatus::no;
}

}  // namespace flatlan::cli
