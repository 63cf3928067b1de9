#include "tools/packaging/documents/manual_page.hpp"

#include <algorithm>

#include "tools/cli/help.hpp"

namespace flatlan::packaging {
namespace {

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    });
    return text;
}

std::string section_of(const std::string& heading, const std::string& body) {
    return body.empty() ? "" : ".SH " + heading + '\n' + body + (body.ends_with('\n') ? "" : "\n");
}

/// Sentences whose lines man(7) fills anew; an empty line begins a paragraph.
std::string paragraphs(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        out += line.empty() ? ".PP\n" : escaped(line) + '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// Command lines as they are typed, each above what it is for.
std::string examples_of(const cli::Usage& usage) {
    std::string out;
    for (const cli::Example& example : usage.examples)
        out += ".TP\n.B " + escaped(example.command) + '\n' + escaped(example.purpose) + '\n';
    return out;
}

std::string head(const ManualPage& page, const std::string& summary, const Release& release) {
    return ".TH " + upper(escaped(page.name)) + ' ' + std::to_string(page.section) + " \"\" \"" +
           escaped(release.text) + "\" flatlan\n" +
           section_of("NAME", escaped(page.name) + " \\- " + escaped(summary));
}

std::string see_also(const std::vector<std::string>& pages) {
    std::string out;
    for (const std::string& page : pages) {
        const std::size_t bracket = page.find('(');
        out += (out.empty() ? ".BR " : ",\n.BR ") + escaped(page.substr(0, bracket)) + ' ' +
               page.substr(bracket);
        if (&page != &pages.back()) out += ' ';
    }
    // A comma stands right behind the page before it: ".BR name (1),".
    for (std::size_t at = 0; (at = out.find(" ,\n", at)) != std::string::npos;)
        out.erase(at, 1);
    return out;
}

std::string exit_status() {
    std::string text{cli::exit_status_text()};
    constexpr std::string_view kLead = "Exit status: ";
    return paragraphs(text.substr(text.starts_with(kLead) ? kLead.size() : 0));
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
    for (const char letter : text) {
        if (letter == '-')
            out += "\\-";
        else if (letter == '\\')
            out += "\\e";
        else if (letter == '\'')
            out += "\\(aq";
        else if (letter == '"')
            out += "\\(dq";
        else
            out += letter;
    }
    return out;
}

std::string entries(std::span<const std::pair<std::string, std::string>> entries) {
    std::string out;
    for (const auto& [name, text] : entries) {
        const std::size_t begin = std::min(name.find_first_not_of(' '), name.size());
        out += ".TP\n.B " + escaped(name.substr(begin)) + '\n' + escaped(text) + '\n';
    }
    return out;
}

std::string manual_page(const ManualPage& page, const cli::Usage& usage, const Release& release) {
    std::string synopsis = escaped(cli::usage_line(usage));
    if (!page.synopsis.empty()) synopsis += "\n.br\n" + escaped(page.synopsis);
    std::string out = head(page, usage.summary, release) + section_of("SYNOPSIS", synopsis) +
                      section_of("DESCRIPTION", paragraphs(usage.description)) +
                      section_of("WORDS", entries(cli::word_entries(usage))) +
                      section_of("OPTIONS", entries(cli::option_entries(usage))) +
                      section_of("EXAMPLES", examples_of(usage));
    for (const ManualSection& section : page.further)
        out += section_of(section.heading, section.body);
    return out + section_of("EXIT STATUS", exit_status()) +
           section_of("SEE ALSO", see_also(page.see_also));
}

std::string overview_page(std::span<const cli::Verb> verbs, const Release& release) {
    std::vector<std::pair<std::string, std::string>> list;
    std::vector<std::string> pages;
    for (const cli::Verb& verb : verbs) {
        if (verb.hidden) continue;
        list.emplace_back(verb.usage.verb, verb.usage.summary);
        pages.push_back("flatlan-" + verb.usage.verb + "(1)");
    }
    pages.emplace_back("flatland(8)");
    const ManualPage page{.name = "flatlan"};
    return head(page, "emulated clusters whose pods share one flat network", release) +
           section_of("SYNOPSIS", "flatlan VERB [OPTION...]") +
           section_of("DESCRIPTION",
                      "Each verb has a page of its own, and explains itself with\n.B \\-\\-help.") +
           section_of("VERBS", entries(list)) + section_of("EXIT STATUS", exit_status()) +
           section_of("SEE ALSO", see_also(pages));
}

}  // namespace flatlan::packaging
