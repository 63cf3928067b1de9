#include "tools/cli/arguments.hpp"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "overlay/base/check.hpp"
#include "overlay/base/suggestion.hpp"

namespace flatlan::cli {
namespace {

namespace po = boost::program_options;

using Options = std::vector<po::basic_option<char>>;

Error wrong_use(std::string text, std::string where) {
    return Error{ErrorCode::invalid_argument, std::move(text)}.at(std::move(where));
}

/// The flag as a person types it: "-o" for one letter, "--output" for more.
std::string as_typed(const std::string& name) {
    const std::size_t letters = name.find_first_not_of('-');
    if (letters != 0) return name;
    return (name.size() == 1 ? "-" : "--") + name;
}

po::options_description describe(const Usage& usage) {
    po::options_description description;
    auto add = description.add_options();
    add("help,h", "");
    for (const OptionUsage& option : usage.options) {
        std::string name = option.name;
        if (option.letter != '\0') name += std::string{","} + option.letter;
        if (option.value.empty())
            add(name.c_str(), "");
        else
            add(name.c_str(), po::value<std::string>(), "");
    }
    return description;
}

Error unknown_option(const Usage& usage, const std::string& name) {
    const std::string typed = as_typed(name.substr(0, name.find('=')));
    std::vector<std::string> known{"--help"};
    std::vector<std::string> near;
    for (const OptionUsage& option : usage.options) {
        known.push_back("--" + option.name);
        for (const std::string& choice : option.choices)
            if (typed == "--" + choice) near.push_back("--" + option.name + ' ' + choice);
    }
    if (near.empty()) near = nearest(typed, known);
    return wrong_use("'" + usage.command_line() + "' has no such option", typed)
        .expecting(join_alternatives(near.empty() ? known : near));
}

/// Boost's reading of the flags; what it throws ends here.
Result<Options> read_options(const Usage& usage, const std::vector<std::string>& words) {
    namespace style = po::command_line_style;
    const po::options_description description = describe(usage);
    try {
        return po::command_line_parser{words}
            .options(description)
            .style(style::unix_style & ~style::allow_guessing)
            .run()
            .options;
    } catch (const po::unknown_option& thrown) {
        return unknown_option(usage, thrown.get_option_name());
    } catch (const po::invalid_command_line_syntax& thrown) {
        const bool missing = thrown.kind() == po::invalid_syntax::missing_parameter ||
                             thrown.kind() == po::invalid_syntax::empty_adjacent_parameter;
        return wrong_use(missing ? "a value is missing" : "the option takes no value",
                         as_typed(thrown.get_option_name()));
    } catch (const po::error& thrown) {
        return wrong_use(thrown.what(), usage.command_line());
    }
}

Result<void> check_choice(const std::vector<std::string>& choices, const std::string& value,
                          const std::string& where) {
    if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end())
        return success();
    return wrong_use("'" + value + "' is no choice", where).expecting(join_alternatives(choices));
}

const OptionUsage* find_option(const Usage& usage, const std::string& name) {
    const auto found = std::find_if(usage.options.begin(), usage.options.end(),
                                    [&](const OptionUsage& option) { return option.name == name; });
    return found == usage.options.end() ? nullptr : &*found;
}

Error too_many(const Usage& usage, const std::string& word) {
    Error error = wrong_use("one word too many for '" + usage.command_line() + "'", word);
    if (usage.command.empty()) return error;
    return std::move(error).expecting("'--' before the command");
}

}  // namespace

OptionUsage output_option() {
    return {.name = "output",
            .letter = 'o',
            .value = "text|json",
            .summary = "Form of the answer",
            .choices = {"text", "json"},
            .preset = "text"};
}

OptionUsage lab_option() {
    return {.name = "lab",
            .letter = 'l',
            .value = "NAME",
            .summary = "The lab; need not be named while only one runs",
            .completion = Completion::lab};
}

Result<Arguments> Arguments::parse(const Usage& usage, std::span<const std::string> words) {
    Arguments out;
    for (const OptionUsage& option : usage.options)
        out.presets_[option.name] = option.preset;

    const auto separator = std::find(words.begin(), words.end(), "--");
    const bool has_command = !usage.command.empty() && separator != words.end();
    const std::vector<std::string> ours(words.begin(), has_command ? separator : words.end());
    if (has_command) out.command_.assign(separator + 1, words.end());

    FLATLAN_TRY(options, read_options(usage, ours));
    std::size_t positionals = 0;
    for (const auto& option : options) {
        std::string name = option.string_key;
        const std::string value = option.value.empty() ? "" : option.value.front();
        const OptionUsage* flag = find_option(usage, name);
        if (option.position_key >= 0) {
            const bool again = positionals > 0 && usage.positionals[positionals - 1].repeated;
            if (!again && positionals++ == usage.positionals.size()) return too_many(usage, value);
            const PositionalUsage& positional = usage.positionals[positionals - 1];
            name = positional.name;
            FLATLAN_TRY_VOID(check_choice(positional.choices, value, name));
            if (positional.repeated) out.repeated_.push_back(value);
            if (again) continue;
        } else if (flag != nullptr) {
            FLATLAN_TRY_VOID(check_choice(flag->choices, value, "--" + name));
        }
        if (!out.values_.emplace(name, value).second)
            return wrong_use("given twice", as_typed(name));
    }
    if (positionals == usage.positionals.size() || out.help()) return out;
    if (const PositionalUsage& next = usage.positionals[positionals]; next.required)
        return wrong_use("is missing after '" + usage.command_line() + "'", next.name)
            .expecting(next.summary);
    return out;
}

const std::string& Arguments::value(std::string_view name) const {
    static const std::string none;
    if (const auto given = values_.find(name); given != values_.end()) return given->second;
    const auto preset = presets_.find(name);
    return preset == presets_.end() ? none : preset->second;
}

bool asks_for_json(std::span<const std::string> words) {
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        const std::string& word = words[i];
        if (word == "--output=json" || word == "-ojson") return true;
        if ((word == "--output" || word == "-o") && i + 1 < words.size() && words[i + 1] == "json")
            return true;
    }
    return false;
}

}  // namespace flatlan::cli
