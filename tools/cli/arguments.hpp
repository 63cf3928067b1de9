#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"

namespace flatlan::cli {

/// What a shell offers where a value stands.
enum class Completion : std::uint8_t { nothing, file, lab, target, pod, verb };

/// A flag: "--name VALUE" or, without a value's name, the switch "--name".
struct OptionUsage {
    std::string name;     ///< without the hyphens
    char letter = '\0';   ///< of the short form; none when it is zero
    std::string value{};  ///< what its value is called in help; empty: a switch
    std::string summary{};
    std::vector<std::string> choices{};  ///< the values that it may have; empty: any
    std::string preset{};                ///< its value when it is not given
    Completion completion = Completion::nothing;
};

/// A word that has its place after the verb.
struct PositionalUsage {
    std::string name;  ///< in capitals, as help shows it
    std::string summary{};
    bool required = true;
    std::vector<std::string> choices{};
    Completion completion = Completion::nothing;
    bool repeated = false;  ///< more of them may follow; only of the last one
};

/// A command line that help shows.
struct Example {
    std::string command;
    std::string purpose;
};

/// All that can be said of a verb's command line; reading it, help and completion go by this alone.
struct Usage {
    std::string verb;                ///< empty: the program has none
    std::string program{"flatlan"};  ///< whose verb it is
    std::string summary{};           ///< one line, for the list of verbs
    std::string description{};       ///< whole sentences, lines of at most 80 columns
    std::vector<PositionalUsage> positionals{};
    std::vector<OptionUsage> options{};
    std::string command{};  ///< what stands after "--", "CMD..."; empty: the verb takes no command
    std::vector<Example> examples{};
    std::vector<std::string> synonyms{};  ///< what people may type who know another tool's word

    /// "flatlan up": what is typed before the first word or option.
    std::string command_line() const { return program + (verb.empty() ? "" : " " + verb); }
};

/// "--output text|json", for each verb that prints.
OptionUsage output_option();
/// "--lab NAME", for each verb that works on a running lab.
OptionUsage lab_option();

/// What a person asked of a verb.
class Arguments {
public:
    /// Reads the words after the verb. Errors, all invalid_argument with the flag or place in
    /// `where`: an unknown flag (the nearest is suggested), a value that is missing or no choice, a
    /// word too few or too many.
    static Result<Arguments> parse(const Usage& usage, std::span<const std::string> words);

    /// Whether a switch, flag or word was given.
    bool has(std::string_view name) const { return values_.contains(name); }
    /// The value of a flag or word; its preset, or empty, when it was not given.
    const std::string& value(std::string_view name) const;
    /// Those of a word that may be repeated, as they were given.
    const std::vector<std::string>& repeated() const { return repeated_; }
    /// What stood after "--".
    const std::vector<std::string>& command() const { return command_; }
    /// Whether the answer is to be JSON.
    bool json() const { return value("output") == "json"; }
    bool help() const { return has("help"); }

private:
    std::map<std::string, std::string, std::less<>> values_;
    std::map<std::string, std::string, std::less<>> presets_;
    std::vector<std::string> repeated_;
    std::vector<std::string> command_;
};

/// Whether the words ask for JSON, for errors in words that cannot be read otherwise.
bool asks_for_json(std::span<const std::string> words);

}  // namespace flatlan::cli
