#include "tools/conformance/looks.hpp"
#include "tools/conformance/refusal.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

/// What a plugin before ours might have answered: an interface and an address of it.
std::string foreign_result(const Stage& stage, const Container& container) {
    const std::string family = stage.version() < Version::v1_0_0 ? R"("version":"4",)" : "";
    return R"({"cniVersion":")" + stage.version_text() +
           R"(","interfaces":[{"name":"before0","mac":"02:00:00:00:0b:01","sandbox":")" +
           container.netns + R"("}],"ips":[{)" + family +
           R"("address":"192.0.2.55/24","interface":0}],"routes":[],"dns":{}})";
}

Step<Seen> passes_the_previous_result_on(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    if (attachment.before.empty()) attachment.before = foreign_result(stage, *attachment.container);
    FLATLAN_TRY(previous, read_result(attachment.before, stage.version()));
    FLATLAN_TRY_VOID(stage.add(attachment));
    const ToldResult& result = attachment.result;
    if (!result.faults.empty()) return fails(listed(result.faults));
    for (const ToldInterface& earlier : previous.interfaces) {
        bool kept = false;
        for (const ToldInterface& told : result.interfaces)
            kept = kept || told.name == earlier.name;
        if (!kept) return fails("the interface '" + earlier.name + "' of prevResult is lost");
    }
    for (const ToldAddress& earlier : previous.addresses) {
        bool kept = false;
        for (const ToldAddress& told : result.addresses)
            kept = kept || told.address == earlier.address;
        if (!kept)
            return fails("the address " + flatlan::to_string(earlier.address) +
                         " of prevResult is lost");
    }
    return "kept: " + previous.address_words();
}

Step<Seen> keeps_the_indices_right(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    if (attachment.before.empty()) attachment.before = foreign_result(stage, *attachment.container);
    FLATLAN_TRY(previous, read_result(attachment.before, stage.version()));
    FLATLAN_TRY_VOID(stage.add(attachment));
    const ToldResult& result = attachment.result;
    for (const ToldAddress& earlier : previous.addresses)
        for (const ToldAddress& told : result.addresses) {
            if (told.address != earlier.address || !earlier.interface) continue;
            const std::string& name = previous.interfaces[*earlier.interface].name;
            if (!told.interface || result.interfaces[*told.interface].name != name)
                return fails(flatlan::to_string(told.address) + " is no longer on '" + name + "'");
        }
    return Seen{"each address is on the interface on which it was"};
}

/// One verb for each plugin of the list, in the list's order or backwards.
Step<void> call_the_list(Stage& stage, Verb verb, const Container& container, std::string& result) {
    const auto& chain = stage.subject().chain;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const ListedPlugin& plugin = chain[verb == Verb::del ? chain.size() - 1 - i : i];
        Call call = stage.call(verb, {.container = &container, .interface = Stage::kInterface});
        call.program = plugin.program;
        call.input = configuration_of(stage.subject(), plugin, stage.version_text());
        if (!result.empty()) call.input = with_field(call.input, "prevResult", result);
        FLATLAN_TRY(answer, stage.run(call));
        FLATLAN_TRY_VOID(expect_success(answer, std::string{cni::to_string(verb)} + " of '" +
                                                    plugin.program.filename().string() + "'"));
        if (verb == Verb::add) result = answer.output;
    }
    return success();
}

Step<Seen> works_in_its_list(Stage& stage) {
    const std::size_t count = stage.subject().chain.size();
    if (count < 2) return not_applicable("the configuration is no list");
    FLATLAN_TRY(container, stage.make_container());
    stage.remember({.container = container, .interface = Stage::kInterface});
    std::string result;
    FLATLAN_TRY_VOID(call_the_list(stage, Verb::add, *container, result));
    if (stage.version() >= Version::v0_4_0)
        FLATLAN_TRY_VOID(call_the_list(stage, Verb::check, *container, result));
    FLATLAN_TRY_VOID(call_the_list(stage, Verb::del, *container, result));
    return "ADD, CHECK and DEL of all " + std::to_string(count) + " plugins";
}

Step<Seen> refuses_a_wrong_previous_result(Stage& stage) {
    FLATLAN_TRY(attachment, stage.make_attachment());
    stage.remember(attachment);
    Call call = stage.call(Verb::add, attachment);
    call.input = with_field(call.input, "prevResult",
                            R"({"cniVersion":")" + stage.version_text() + R"(","ips":"none"})");
    return expect_refusal(stage, call, attachment);
}

}  // namespace

std::vector<Clause> chain_clauses() {
    const Version since = Version::v0_3_0;
    return {
        {"chain.kept", "Interfaces and addresses of prevResult are in the result of ADD", "2, ADD",
         Level::must, passes_the_previous_result_on, since},
        {"chain.indices", "Addresses of prevResult stay with their interfaces",
         "2, ADD; 5, Success", Level::must, keeps_the_indices_right, since},
        {"chain.list", "ADD, CHECK and DEL of the whole list succeed", "3", Level::must,
         works_in_its_list, since},
        {"chain.wrong", "A prevResult that has not its form is refused", "5, Error", Level::should,
         refuses_a_wrong_previous_result, since},
    };
}

}  // namespace flatlan::conformance
