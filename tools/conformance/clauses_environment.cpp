#include "tools/conformance/refusal.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

constexpr std::uint64_t kInvalidEnvironment = 4;

/// A call with one variable set to `value`, or not set.
Step<Seen> refuses(Stage& stage, Verb verb, const char* variable,
                   const std::optional<std::string>& value, const Refusal& refusal) {
    if (stage.version() < cni::first_version_of(verb))
        return not_applicable(std::string{cni::to_string(verb)} + " does not exist yet");
    FLATLAN_TRY(attachment, stage.make_attachment());
    if (verb == Verb::check) FLATLAN_TRY_VOID(stage.add(attachment));
    Call call = stage.call_after(verb, attachment);
    call.environment.erase(variable);
    if (value) call.environment[variable] = *value;
    if (verb == Verb::add) stage.remember(attachment);
    return expect_refusal(stage, call, attachment, refusal);
}

/// A clause that each verb and value of a list is refused.
auto each_refused(std::vector<Verb> verbs, const char* variable,
                  std::vector<std::optional<std::string>> values, Refusal refusal) {
    return [=](Stage& stage) -> Step<Seen> {
        Seen seen;
        for (const Verb verb : verbs) {
            if (stage.version() < cni::first_version_of(verb)) continue;
            for (const auto& value : values) {
                const auto one = refuses(stage, verb, variable, value, refusal);
                if (!one) {
                    Objection objection = one.error();
                    objection.seen = std::string{cni::to_string(verb)} + " with " + variable +
                                     (value ? "=" + one_line(*value) : " not set") + ": " +
                                     objection.seen;
                    return objection;
                }
                if (seen.empty()) seen = one.value();
            }
        }
        return seen;
    };
}

Step<Seen> del_needs_no_netns(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    Call call = stage.call_after(Verb::del, attachment);
    call.environment.erase("CNI_NETNS");
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "DEL"));
    return Seen{"DEL succeeds"};
}

Step<Seen> needs_no_path(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    if (stage.call(Verb::add, attachment).input.find("\"ipam\":{\"") != std::string::npos)
        return not_applicable("the configuration delegates, for which CNI_PATH is needed");
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    call.environment.erase("CNI_PATH");
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "ADD"));
    return Seen{"ADD succeeds"};
}

/// In front of what works stands a folder that does not exist, as ctr has it.
Step<Seen> bears_a_path_that_is_gone(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    call.environment["CNI_PATH"] = "/no/such/folder:" + call.environment["CNI_PATH"];
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "ADD"));
    return Seen{"ADD succeeds"};
}

Step<Seen> bears_arguments_of_others(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    call.environment["CNI_ARGS"] =
        "K8S_POD_NAMESPACE=default;IgnoreUnknown=1;K8S_POD_NAME=web;K8S_POD_UID=1-2-3";
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "ADD"));
    return Seen{"ADD succeeds"};
}

/// ctr's ids have dashes and dots, cri-o's and podman's 64 digits.
Step<Seen> bears_long_ids(Stage& stage) {
    for (const std::string& id : {std::string(64, 'a'), std::string{"default-web.1_2-z"}}) {
        FLATLAN_TRY(container, stage.make_container(id));
        FLATLAN_TRY(attachment, stage.prepare(*container, Stage::kInterface));
        FLATLAN_TRY_VOID(stage.add(attachment));
        FLATLAN_TRY_VOID(stage.del(attachment));
    }
    return Seen{"ADD and DEL succeed"};
}

const std::vector<std::optional<std::string>> kUnset{std::nullopt, ""};

Refusal environment() { return {.code = kInvalidEnvironment}; }

/// A variable is missing or wrong.
std::vector<Clause> refusals() {
    const auto naming = [](const char* variable) {
        return Refusal{.code = kInvalidEnvironment, .word = variable};
    };
    return {
        {"env.command_missing", "Without CNI_COMMAND a call is refused", "2, Parameters",
         Level::must, each_refused({Verb::add}, "CNI_COMMAND", kUnset, {}), cni::kOldest,
         Scope::newest_version},
        {"env.command_unknown", "A CNI_COMMAND that does not exist is refused with code 4",
         "5, Error", Level::must,
         each_refused({Verb::add}, "CNI_COMMAND", {"FROB", "add", "ADD "},
                      {.code = kInvalidEnvironment}),
         cni::kOldest, Scope::newest_version},
        {"env.container_missing", "ADD, CHECK and DEL without CNI_CONTAINERID are refused, code 4",
         "2", Level::must,
         each_refused({Verb::add, Verb::check, Verb::del}, "CNI_CONTAINERID", kUnset,
                      environment()),
         Version::v0_4_0},
        {"env.container_wrong", "A CNI_CONTAINERID with other characters is refused, code 4",
         "2, Parameters", Level::must,
         each_refused({Verb::add, Verb::del}, "CNI_CONTAINERID", {"../x", "-x", "a/b", "a b"},
                      environment()),
         Version::v0_4_0},
        {"env.netns_missing", "ADD and CHECK without CNI_NETNS are refused, code 4", "2",
         Level::must, each_refused({Verb::add, Verb::check}, "CNI_NETNS", kUnset, environment())},
        {"env.netns_wrong", "ADD with a CNI_NETNS that is no network namespace is refused",
         "2, Parameters", Level::must,
         each_refused({Verb::add}, "CNI_NETNS", {"/no/such/path", "/etc/hostname", "/"}, {})},
        {"env.netns_other_kind", "ADD with a namespace of another kind as CNI_NETNS is refused",
         "2, Parameters", Level::must,
         each_refused({Verb::add}, "CNI_NETNS", {"/proc/self/ns/uts"}, {}), cni::kOldest,
         Scope::newest_version},
        {"env.ifname_missing", "ADD, CHECK and DEL without CNI_IFNAME are refused, code 4", "2",
         Level::must,
         each_refused({Verb::add, Verb::check, Verb::del}, "CNI_IFNAME", kUnset, environment())},
        {"env.ifname_wrong", "ADD with a CNI_IFNAME that Linux does not allow is refused",
         "2, Parameters", Level::must,
         each_refused({Verb::add}, "CNI_IFNAME",
                      {"sixteen-octets-x", "a/b", "a b", "a:b", ".", ".."}, {})},
        {"env.names", "The error names the variable", "5, Error", Level::must,
         each_refused({Verb::add}, "CNI_CONTAINERID", {std::nullopt}, naming("CNI_CONTAINERID")),
         Version::v0_4_0},
        {"env.names_ifname", "The error names every variable: CNI_IFNAME", "5, Error", Level::must,
         each_refused({Verb::add}, "CNI_IFNAME", {std::nullopt}, naming("CNI_IFNAME"))},
    };
}

/// What a variable may be.
std::vector<Clause> liberties() {
    return {
        {"env.del_without_netns", "DEL succeeds without CNI_NETNS", "2, DEL", Level::must,
         del_needs_no_netns},
        {"env.no_path", "ADD succeeds without CNI_PATH where nothing is delegated", "2, ADD",
         Level::must, needs_no_path},
        {"env.path_gone", "A folder of CNI_PATH that does not exist is passed over", "ctr",
         Level::practice, bears_a_path_that_is_gone, cni::kOldest, Scope::newest_version},
        {"env.args", "Keys of CNI_ARGS for others are passed over, with IgnoreUnknown",
         "conventions, CNI_ARGS", Level::should, bears_arguments_of_others},
        {"env.long_ids", "Ids with dashes and dots and of 64 characters are taken", "2, Parameters",
         Level::must, bears_long_ids, cni::kOldest, Scope::newest_version},
    };
}

}  // namespace

std::vector<Clause> environment_clauses() {
    std::vector<Clause> clauses = refusals();
    for (Clause& clause : liberties())
        clauses.push_back(std::move(clause));
    return clauses;
}

}  // namespace flatlan::conformance
