#include <algorithm>
#include <set>

#include "tools/conformance/looks.hpp"
#include "tools/conformance/refusal.hpp"

namespace flatlan::conformance {
namespace {

using cni::Verb;

constexpr unsigned kAtOnce = 16;

unsigned how_many(const Stage& stage) {
    return std::min(kAtOnce, stage.subject().addresses.value_or(kAtOnce));
}

/// Starts all calls, then waits for each.
Step<std::vector<Answer>> run_at_once(const std::vector<Call>& calls) {
    std::vector<PluginProcess> running;
    for (const Call& call : calls) {
        FLATLAN_TRY(process, PluginProcess::start(call));
        running.push_back(std::move(process));
    }
    std::vector<Answer> answers;
    for (PluginProcess& process : running)
        answers.push_back(process.wait());
    return answers;
}

Step<std::vector<Attachment>> make_attachments(Stage& stage, unsigned count) {
    std::vector<Attachment> attachments;
    for (unsigned i = 0; i < count; ++i) {
        FLATLAN_TRY(attachment, stage.make_attachment());
        stage.remember(attachment);
        attachments.push_back(attachment);
    }
    return attachments;
}

/// ADD of all of them in one moment; each has its result then.
Step<void> add_at_once(Stage& stage, std::vector<Attachment>& attachments) {
    std::vector<Call> calls;
    for (const Attachment& attachment : attachments)
        calls.push_back(stage.call(Verb::add, attachment));
    FLATLAN_TRY(answers, run_at_once(calls));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        FLATLAN_TRY_VOID(expect_success(answers[i], "ADD number " + std::to_string(i + 1)));
        FLATLAN_TRY(result, read_result(answers[i].output, stage.version()));
        attachments[i].result = std::move(result);
    }
    return success();
}

Step<void> del_at_once(Stage& stage, const std::vector<Attachment>& attachments) {
    std::vector<Call> calls;
    for (const Attachment& attachment : attachments)
        calls.push_back(stage.call_after(Verb::del, attachment));
    FLATLAN_TRY(answers, run_at_once(calls));
    for (std::size_t i = 0; i < answers.size(); ++i)
        FLATLAN_TRY_VOID(expect_success(answers[i], "DEL number " + std::to_string(i + 1)));
    return success();
}

Step<Seen> adds_many_at_once(Stage& stage) {
    FLATLAN_TRY(attachments, make_attachments(stage, how_many(stage)));
    FLATLAN_TRY_VOID(add_at_once(stage, attachments));
    std::set<std::string> addresses;
    std::size_t count = 0;
    for (const Attachment& attachment : attachments) {
        count += attachment.result.addresses.size();
        for (const ToldAddress& told : attachment.result.addresses)
            addresses.insert(flatlan::to_string(told.address));
        if (!stage.subject().is_first()) continue;
        FLATLAN_TRY(link, get_interface(*attachment.container, attachment.interface));
        static_cast<void>(link);
    }
    if (stage.subject().is_first() && addresses.size() != count)
        return fails(std::to_string(count - addresses.size()) + " addresses were given twice");
    return std::to_string(attachments.size()) + " at once, " + std::to_string(addresses.size()) +
           " different addresses";
}

Step<Seen> deletes_many_at_once(Stage& stage) {
    FLATLAN_TRY(node, settled_node(stage));
    FLATLAN_TRY(attachments, make_attachments(stage, how_many(stage)));
    FLATLAN_TRY_VOID(add_at_once(stage, attachments));
    FLATLAN_TRY_VOID(del_at_once(stage, attachments));
    FLATLAN_TRY(node_now, stage.node_snapshot());
    FLATLAN_TRY_VOID(expect_nothing_new(node, node_now, "on the node"));
    return std::to_string(attachments.size()) + " at once, the node is as before";
}

Step<Seen> bears_adds_among_deletes(Stage& stage) {
    const unsigned half = std::max(how_many(stage) / 2, 1U);
    FLATLAN_TRY(old, make_attachments(stage, half));
    FLATLAN_TRY_VOID(add_at_once(stage, old));
    FLATLAN_TRY(young, make_attachments(stage, how_many(stage) - half));
    std::vector<Call> calls;
    for (const Attachment& attachment : old)
        calls.push_back(stage.call_after(Verb::del, attachment));
    for (const Attachment& attachment : young)
        calls.push_back(stage.call(Verb::add, attachment));
    FLATLAN_TRY(answers, run_at_once(calls));
    for (std::size_t i = 0; i < answers.size(); ++i)
        FLATLAN_TRY_VOID(expect_success(answers[i], i < old.size() ? "DEL" : "ADD"));
    return std::to_string(old.size()) + " DEL and " + std::to_string(young.size()) + " ADD at once";
}

Step<Seen> bears_one_delete_several_times(Stage& stage) {
    FLATLAN_TRY(attachment, stage.attached());
    constexpr std::size_t kTimes = 4;
    FLATLAN_TRY_VOID(del_at_once(stage, std::vector<Attachment>(kTimes, attachment)));
    return Seen{"four DEL of one attachment at once"};
}

}  // namespace

std::vector<Clause> concurrent_clauses() {
    const Scope once = Scope::newest_version;
    const Version first = cni::kOldest;
    return {
        {"concurrent.add", "ADD of different containers at once", "2, Lifecycle", Level::must,
         adds_many_at_once, first, once},
        {"concurrent.del", "DEL of different containers at once", "2, Lifecycle", Level::must,
         deletes_many_at_once, first, once},
        {"concurrent.mixed", "ADD and DEL of different containers at once", "2, Lifecycle",
         Level::must, bears_adds_among_deletes, first, once},
        {"concurrent.same_del", "DEL of one attachment several times at once", "containerd",
         Level::practice, bears_one_delete_several_times, first, once},
    };
}

}  // namespace flatlan::conformance
