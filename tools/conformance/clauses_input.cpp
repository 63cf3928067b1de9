#include "tools/conformance/refusal.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

constexpr std::uint64_t kDecodingFailure = 6, kInvalidConfiguration = 7;

/// A call of ADD with something else on standard input.
Step<Seen> refuses_input(Stage& stage, const std::string& what, const std::string& input,
                         const Refusal& refusal) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    call.input = input;
    const auto refused = expect_refusal(stage, call, attachment, refusal);
    if (refused) return refused;
    Objection objection = refused.error();
    objection.seen = what + ": " + objection.seen;
    return objection;
}

/// The input cannot tell in which version to answer.
constexpr auto kUndecodable = [](std::string what, std::string input) {
    return
        [=](Stage& stage) { return refuses_input(stage, what, input, {.code = kDecodingFailure}); };
};

Step<Seen> cut_off(Stage& stage) {
    const std::string whole = stage.call(Verb::add).input;
    Seen seen;
    for (const std::size_t size : {std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
        FLATLAN_TRY(one, refuses_input(stage, "after " + std::to_string(size) + " octets",
                                       whole.substr(0, size), {.code = kDecodingFailure}));
        seen = one;
    }
    return seen;
}

Step<Seen> no_object(Stage& stage) {
    Seen seen;
    for (const char* const input : {"[]", "\"x\"", "7"}) {
        FLATLAN_TRY(one, refuses_input(stage, input, input, {}));
        seen = one;
    }
    return seen;
}

/// A configuration with one field changed.
auto with(const char* field, const char* value, Refusal refusal) {
    return [=](Stage& stage) {
        const std::string whole = stage.call(Verb::add).input;
        return refuses_input(stage, std::string{"'"} + field + "' is " + value,
                             with_field(whole, field, value), refusal);
    };
}

Step<Seen> no_name(Stage& stage) {
    return refuses_input(stage, "'name' is missing",
                         without_field(stage.call(Verb::add).input, "name"),
                         {.code = kInvalidConfiguration});
}

/// A configuration with one field more, which is nobody's.
auto bears(const char* field, const char* value) {
    return [=](Stage& stage) -> Step<Seen> {
        FLATLAN_TRY(attachment, stage.make_attachment());
        stage.remember(attachment);
        Call call = stage.call(Verb::add, attachment);
        call.input = with_field(call.input, field, value);
        FLATLAN_TRY(answer, stage.run(call));
        FLATLAN_TRY_VOID(expect_success(answer, "ADD"));
        return Seen{"ADD succeeds"};
    };
}

Step<Seen> bears_space(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    // More than a pipe holds, so it comes in parts; what matters comes last.
    call.input = std::string(200'000, '\n') + "\t " + call.input + "\n";
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "ADD"));
    return Seen{"ADD succeeds with 200,000 line feeds before"};
}

Step<Seen> needs_no_version(Stage& stage) {
    if (!stage.subject().is_first())
        return not_applicable("the result of the plugins before it is of another version");
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    call.input = without_field(call.input, "cniVersion");
    FLATLAN_TRY(answer, stage.run(call));
    FLATLAN_TRY_VOID(expect_success(answer, "ADD"));
    FLATLAN_TRY(told, read_result(answer.output, Version::v0_1_0));
    if (!told.faults.empty()) return fails(told.faults.front());
    return Seen{"answered as 0.1.0"};
}

}  // namespace

std::vector<Clause> input_clauses() {
    const Scope once = Scope::newest_version;
    const Version first = cni::kOldest;
    return {
        {"input.empty", "Nothing on standard input is refused with code 6", "5, Error", Level::must,
         kUndecodable("empty", ""), first, once},
        {"input.cut_off", "A configuration that is cut off is refused with code 6", "5, Error",
         Level::must, cut_off, first, once},
        {"input.zeros", "Octets that are no text are refused with code 6", "5, Error", Level::must,
         kUndecodable("zeros", std::string(64, '\0')), first, once},
        {"input.no_object", "JSON that is no object is refused", "1", Level::must, no_object, first,
         once},
        {"input.version_kind", "A 'cniVersion' that is no string is refused", "1", Level::must,
         with("cniVersion", "1", {}), first, once},
        {"input.name_missing", "A configuration without 'name' is refused with code 7", "1, 5",
         Level::must, no_name, Version::v0_4_0},
        {"input.error_version", "An error has the 'cniVersion' of the configuration", "5, Error",
         Level::must, with("name", "\"a/b\"", {.in_version = true}), Version::v0_4_0},
        {"input.name_wrong", "A 'name' with other characters is refused", "1", Level::must,
         with("name", "\"a/b\"", {}), Version::v0_4_0},
        {"input.unknown_field", "Fields of 'args' that nobody knows are passed over", "1, 3",
         Level::must, bears("args", R"({"labels":{"app":"web"}})")},
        {"input.runtime_config", "A 'runtimeConfig' for other plugins is passed over", "podman 4",
         Level::practice,
         bears("runtimeConfig",
               R"({"aliases":{"net":["web"]},)"
               R"("portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]})"),
         Version::v0_3_0},
        {"input.parts", "Input is read to its end, however it comes", "1", Level::must, bears_space,
         first, once},
        {"input.no_version", "A configuration without 'cniVersion' is taken as 0.1.0", "libcni",
         Level::practice, needs_no_version, first, once},
    };
}

}  // namespace flatlan::conformance
