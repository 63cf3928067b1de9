#include "tools/cli/completion.hpp"

#include <algorithm>

#include "tools/cli/target.hpp"

namespace flatlan::cli {
namespace {

using Words = std::span<const std::string>;

/// What a verb's words say up to the one that is being typed.
struct Typed {
    std::size_t positionals = 0;
    std::string lab;                      ///< value of --lab
    const OptionUsage* awaits = nullptr;  ///< the flag whose value comes next
    bool command = false;                 ///< after "--"
};

const OptionUsage* find_flag(const Usage& usage, std::string_view word) {
    for (const OptionUsage& option : usage.options)
        if (word == "--" + option.name || (word.size() == 2 && word[1] == option.letter &&
                                           word[0] == '-' && option.letter != '\0'))
            return &option;
    return nullptr;
}

Typed read(const Usage& usage, Words words) {
    Typed typed;
    for (const std::string& word : words) {
        if (typed.command) continue;
        if (typed.awaits != nullptr) {
            if (word == "=") continue;  // bash cuts "--lab=x" into three words
            if (typed.awaits->name == "lab") typed.lab = word;
            typed.awaits = nullptr;
        } else if (word == "--") {
            typed.command = true;
        } else if (word.starts_with("--lab=")) {
            typed.lab = word.substr(word.find('=') + 1);
        } else if (word.starts_with('-') && word.size() > 1) {
            const OptionUsage* flag = find_flag(usage, word);
            typed.awaits = flag != nullptr && !flag->value.empty() ? flag : nullptr;
        } else {
            ++typed.positionals;
        }
    }
    return typed;
}

void offer(Candidates& out, std::span<const std::string> words) {
    for (const std::string& word : words)
        out.words.push_back({word});
}

void offer_values(Candidates& out, Completion kind, std::span<const std::string> choices,
                  LabService& labs, const std::string& lab) {
    offer(out, choices);
    if (kind == Completion::file) out.files = true;
    if (kind == Completion::lab) {
        if (const auto running = labs.list())
            for (const lab::LabEntry& entry : running.value())
                out.words.push_back({entry.name.text(), std::to_string(entry.nodes) + " nodes, " +
                                                            std::to_string(entry.pods) + " pods"});
    }
    if (kind != Completion::target && kind != Completion::pod) return;
    const auto chosen = labs.choose(lab);
    if (!chosen) return;
    if (const auto status = labs.status(chosen.value()))
        offer(out,
              kind == Completion::pod ? pod_names(status.value()) : target_names(status.value()));
}

void offer_flags(Candidates& out, const Usage& usage) {
    for (const OptionUsage& option : usage.options)
        out.words.push_back({"--" + option.name, option.summary});
    out.words.push_back({"--help", "Show this help"});
}

void offer_verbs(Candidates& out, std::span<const Verb> verbs) {
    for (const Verb& verb : verbs)
        if (!verb.hidden) out.words.push_back({verb.usage.verb, verb.usage.summary});
}

void offer_in_verb(Candidates& out, const Usage& usage, LabService& labs, Words before,
                   std::string& last) {
    const Typed typed = read(usage, before);
    if (typed.command) {
        out.files = true;
    } else if (typed.awaits != nullptr) {
        offer_values(out, typed.awaits->completion, typed.awaits->choices, labs, typed.lab);
    } else if (const auto equals = last.find('='); last.starts_with("--") && equals != last.npos) {
        const std::string flag = last.substr(0, equals + 1);
        if (const OptionUsage* option = find_flag(usage, last.substr(0, equals)))
            offer_values(out, option->completion, option->choices, labs, typed.lab);
        for (Candidate& candidate : out.words)
            candidate.word.insert(0, flag);
    } else if (last.starts_with('-')) {
        offer_flags(out, usage);
    } else if (typed.positionals < usage.positionals.size()) {
        const PositionalUsage& next = usage.positionals[typed.positionals];
        offer_values(out, next.completion, next.choices, labs, typed.lab);
    } else if (!usage.command.empty()) {
        out.words.push_back({"--", "the command follows"});
    } else {
        offer_flags(out, usage);
    }
}

}  // namespace

Candidates complete(std::span<const Verb> verbs, LabService& labs, Words words) {
    Candidates out;
    if (words.empty()) return out;
    std::string last = words.back();
    if (last == "=") last.clear();
    const Words before = words.first(words.size() - 1);
    const auto verb =
        before.empty() ? verbs.end() : std::find_if(verbs.begin(), verbs.end(), [&](const Verb& v) {
            return v.usage.verb == before.front();
        });
    if (before.empty() || (before.size() == 1 && before.front() == "help")) {
        offer_verbs(out, verbs);
        if (before.empty()) out.words.push_back({"help", "Show what a verb does"});
    } else if (verb != verbs.end()) {
        offer_in_verb(out, verb->usage, labs, before.subspan(1), last);
    }
    std::erase_if(out.words,
                  [&](const Candidate& candidate) { return !candidate.word.starts_with(last); });
    return out;
}

}  // namespace flatlan::cli
