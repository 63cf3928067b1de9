#include "tools/cli/help.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace flatlan::cli {
namespace {

/// "  name   what it is", aligned; an explanation's further lines stand below its first.
std::string list_of(const std::vector<HelpEntry>& entries) {
    std::size_t width = 0;
    for (const auto& [name, text] : entries)
        width = std::max(width, name.size());
    std::string out;
    for (const auto& [name, text] : entries)
        out += "  " + name + std::string(width - name.size() + 3, ' ') + text + '\n';
    return out;
}

std::string section(const std::string& heading, const std::vector<HelpEntry>& entries,
                    const Terminal& terminal) {
    if (entries.empty()) return "";
    return '\n' + styled(terminal, Style::bold, heading) + '\n' + list_of(entries);
}

HelpEntry entry_of(const OptionUsage& option) {
    std::string name = option.letter == '\0' ? "    " : std::string{'-', option.letter, ',', ' '};
    name += "--" + option.name;
    if (!option.value.empty()) name += ' ' + option.value;
    std::string text = option.summary;
    if (!option.preset.empty()) text += " (" + option.preset + " when not given)";
    return {std::move(name), std::move(text)};
}

}  // namespace

std::string usage_line(const Usage& usage) {
    std::string out = usage.command_line();
    for (const PositionalUsage& word : usage.positionals) {
        const std::string name = word.name + (word.repeated ? "..." : "");
        out += word.required ? ' ' + name : " [" + name + ']';
    }
    if (!usage.options.empty()) out += " [OPTION...]";
    if (!usage.command.empty()) out += " [-- " + usage.command + ']';
    return out;
}

std::vector<HelpEntry> word_entries(const Usage& usage) {
    std::vector<HelpEntry> entries;
    for (const PositionalUsage& word : usage.positionals)
        entries.emplace_back(word.name, word.summary);
    return entries;
}

std::vector<HelpEntry> option_entries(const Usage& usage) {
    std::vector<HelpEntry> entries;
    for (const OptionUsage& option : usage.options)
        entries.push_back(entry_of(option));
    entries.push_back(entry_of({.name = "help", .letter = 'h', .summary = "Show this help"}));
    return entries;
}

std::string_view exit_status_text() {
    return "Exit status: 0 yes, 1 no, 2 wrong use or\n"
           "wrong input, 3 the machine forbids it ('flatlan doctor' says what), 4 a bug of\n"
           "ours.\n";
}

std::string overview(std::span<const Verb> verbs, const Terminal& terminal) {
    std::vector<HelpEntry> entries;
    for (const Verb& verb : verbs)
        if (!verb.hidden) entries.emplace_back(verb.usage.verb, verb.usage.summary);
    entries.emplace_back("help", "Show what a verb does and which options it has");
    return "flatlan: emulated clusters whose pods share one flat network\n\n" +
           styled(terminal, Style::bold, "Usage") + "\n  flatlan VERB [OPTION...]\n" +
           section("Verbs", entries, terminal) + '\n' + "'flatlan VERB --help' explains a verb. " +
           std::string{exit_status_text()};
}

std::string help_of(const Verb& verb, const Terminal& terminal) {
    const Usage& usage = verb.usage;
    std::vector<HelpEntry> examples;
    for (const Example& example : usage.examples)
        examples.emplace_back(example.command, example.purpose);
    return styled(terminal, Style::bold, "Usage") + "\n  " + usage_line(usage) + "\n\n" +
           usage.description + '\n' + section("Words", word_entries(usage), terminal) +
           section("Options", option_entries(usage), terminal) +
           section("Examples", examples, terminal);
}

}  // namespace flatlan::cli
