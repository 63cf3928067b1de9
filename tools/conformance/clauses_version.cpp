#include <algorithm>

#include "tools/conformance/stage.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

Step<Seen> says_what_it_supports(Stage& stage) {
    FLATLAN_TRY(answer, stage.run(stage.call(Verb::version)));
    FLATLAN_TRY(told, read_versions(answer));
    const std::string wanted = stage.version_text();
    if (std::find(told.supported.begin(), told.supported.end(), wanted) == told.supported.end())
        return fails("'supportedVersions' lacks " + wanted + ": " + listed(told.supported));
    return "supports " + listed(told.supported);
}

Step<Seen> answers_in_the_version_asked(Stage& stage) {
    FLATLAN_TRY(answer, stage.run(stage.call(Verb::version)));
    FLATLAN_TRY(told, read_versions(answer));
    if (told.version != stage.version_text())
        return fails("'cniVersion' is " + told.version + " where " + stage.version_text() +
                     " was asked for");
    return "'cniVersion' is " + told.version;
}

Step<Seen> needs_no_other_variable(Stage& stage) {
    Call call = stage.call(Verb::version);
    call.environment = {{"CNI_COMMAND", "VERSION"}};
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY(told, read_versions(answer));
    return "answers with CNI_COMMAND alone: " + listed(told.supported);
}

/// What podman 4 sends before each ADD and DEL.
Step<Seen> bears_the_word_dummy(Stage& stage) {
    Call call = stage.call(Verb::version);
    for (const char* const name : {"CNI_NETNS", "CNI_IFNAME", "CNI_PATH"})
        call.environment[name] = "dummy";
    call.environment["CNI_CONTAINERID"] = "";
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY(told, read_versions(answer));
    return "answers: " + listed(told.supported);
}

/// libcni asks so, to learn what it may ask in.
Step<Seen> bears_a_bare_version(Stage& stage) {
    Call call = stage.call(Verb::version);
    call.input = "{\"cniVersion\":\"" + stage.version_text() + "\"}";
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY(told, read_versions(answer));
    return "answers: " + listed(told.supported);
}

Step<Seen> bears_an_unknown_version(Stage& stage) {
    Call call = stage.call(Verb::version);
    call.input = R"({"cniVersion":"99.0.0"})";
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY(told, read_versions(answer));
    return "answers 99.0.0 with " + listed(told.supported);
}

Step<Seen> refuses_a_version_that_it_lacks(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    call.input = with_field(call.input, "cniVersion", "\"99.0.0\"");
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY(error, read_error(answer, ""));
    if (error.code != 1)
        return fails("code " + std::to_string(error.code) +
                     " instead of 1: " + one_line(error.message));
    return "code 1: " + one_line(error.message);
}

Step<Seen> refuses_a_verb_before_its_version(Stage& stage) {
    std::string seen;
    for (const Verb verb : {Verb::check, Verb::gc, Verb::status}) {
        if (stage.version() >= cni::first_version_of(verb)) continue;
        FLATLAN_TRY(attachment, stage.make_attachment());
        Call call = stage.call(verb, attachment);
        FLATLAN_TRY(answer, stage.run(call));
        FLATLAN_TRY(error, read_error(answer, ""));
        seen += (seen.empty() ? "" : ", ") + std::string{cni::to_string(verb)} + ": code " +
                std::to_string(error.code);
    }
    if (seen.empty()) return not_applicable("every verb exists in " + stage.version_text());
    return seen;
}

}  // namespace

std::vector<Clause> version_clauses() {
    return {
        {"version.supported", "VERSION lists the versions that the plugin supports", "2, VERSION",
         Level::must, says_what_it_supports},
        {"version.as_asked", "VERSION answers in the version of its input", "5, Version",
         Level::should, answers_in_the_version_asked},
        {"version.variables", "VERSION needs no variable but CNI_COMMAND", "2, VERSION",
         Level::must, needs_no_other_variable, cni::kOldest, Scope::newest_version},
        {"version.dummies", "VERSION bears a word without meaning in every other variable",
         "podman 4", Level::practice, bears_the_word_dummy, cni::kOldest, Scope::newest_version},
        {"version.bare", "VERSION needs nothing in its input but 'cniVersion'", "2, VERSION",
         Level::must, bears_a_bare_version},
        {"version.unknown", "VERSION answers whatever version its input is in", "2, VERSION",
         Level::should, bears_an_unknown_version, cni::kOldest, Scope::newest_version},
        {"version.incompatible", "A version that the plugin lacks is refused with code 1",
         "5, Error", Level::must, refuses_a_version_that_it_lacks, cni::kOldest,
         Scope::newest_version},
        {"version.verb", "A verb is refused in versions before the verb", "2", Level::should,
         refuses_a_verb_before_its_version},
    };
}

}  // namespace flatlan::conformance
