#include "tools/conformance/stage.hpp"

#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "overlay/linux/link.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

/// Ids differ from run to run, since what a plugin keeps may outlive one.
std::string next_id() {
    static unsigned count = 0;
    return "kit" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

Result<Namespace> enter_new_node() {
    if (::unshare(CLONE_NEWNET) != 0) return Error::from_errno(errno, "make a network namespace");
    FLATLAN_TRY(node, Namespace::current_network());
    FLATLAN_TRY(netlink, Netlink::open_in(node));
    FLATLAN_TRY_VOID(set_loopback_up(netlink));
    return node;
}

constexpr const char* kFolders = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Result<void> run_preparation(const std::string& commands) {
    if (commands.empty()) return success();
    FLATLAN_TRY(answer, conformance::run({.program = "/bin/sh",
                                          .environment = {{"PATH", kFolders}},
                                          .input = "set -e\n" + commands + "\n"}));
    if (answer.succeeded()) return success();
    return Error{ErrorCode::invalid_argument, "the preparation failed: " + to_string(answer)}.at(
        "--prepare");
}

}  // namespace

Step<std::unique_ptr<Stage>> Stage::open(const Subject& subject, Version version, unsigned rounds) {
    FLATLAN_TRY(node, enter_new_node());
    FLATLAN_TRY_VOID(run_preparation(subject.preparation));
    return std::unique_ptr<Stage>{new Stage{subject, version, rounds, std::move(node)}};
}

Step<void> Stage::enter() const {
    if (::setns(node_.fd(), CLONE_NEWNET) == 0) return success();
    return Error::from_errno(errno, "enter a node");
}

Stage::~Stage() {
    static_cast<void>(enter());
    for (const Attachment& attachment : held_)
        for (std::size_t i = subject_.tested + 1; i-- > 0;)
            if (!conformance::run(call_of(subject_.chain[i], cni::Verb::del, attachment))) break;
    end_left_processes();
}

Step<const Container*> Stage::make_container(std::string id) {
    FLATLAN_TRY(network, Namespace::create_network());
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY_VOID(set_loopback_up(netlink));
    const std::string netns =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(network.fd());
    containers_.push_back({id.empty() ? next_id() : std::move(id), std::move(network), netns});
    return &containers_.back();
}

void Stage::forget(const Container& container) {
    std::erase_if(held_, [&](const Attachment& held) { return held.container == &container; });
    containers_.remove_if([&](const Container& mine) { return &mine == &container; });
}

Call Stage::call_of(const ListedPlugin& plugin, cni::Verb verb) const {
    return {.program = plugin.program,
            .environment = {{"CNI_COMMAND", std::string{cni::to_string(verb)}},
                            {"CNI_PATH", subject_.cni_path},
                            {"PATH", kFolders}},
            .input = configuration_of(subject_, plugin, version_text())};
}

Call Stage::call_of(const ListedPlugin& plugin, cni::Verb verb,
                    const Attachment& attachment) const {
    Call made = call_of(plugin, verb);
    made.environment["CNI_CONTAINERID"] = attachment.container->id;
    made.environment["CNI_NETNS"] = attachment.container->netns;
    made.environment["CNI_IFNAME"] = attachment.interface;
    if (!attachment.before.empty())
        made.input = with_field(made.input, "prevResult", attachment.before);
    return made;
}

Call Stage::call(cni::Verb verb) const { return call_of(subject_.chain[subject_.tested], verb); }

Call Stage::call(cni::Verb verb, const Attachment& attachment) const {
    return call_of(subject_.chain[subject_.tested], verb, attachment);
}

Call Stage::call_after(cni::Verb verb, const Attachment& attachment) const {
    Call made = call(verb, attachment);
    if (version_ >= Version::v0_4_0 && !attachment.result.text.empty())
        made.input = with_field(made.input, "prevResult", attachment.result.text);
    return made;
}

Step<Attachment> Stage::make_attachment(const std::string& interface) {
    FLATLAN_TRY(container, make_container());
    return prepare(*container, interface);
}

Step<Attachment> Stage::prepare(const Container& container, const std::string& interface) {
    Attachment attachment{.container = &container, .interface = interface};
    for (std::size_t i = 0; i < subject_.tested; ++i) {
        const ListedPlugin& plugin = subject_.chain[i];
        FLATLAN_TRY(answer, run(call_of(plugin, cni::Verb::add, attachment)));
        if (!answer.succeeded())
            return not_applicable("'" + plugin.program.string() +
                                  "', which stands before, failed: " + to_string(answer));
        attachment.before = answer.output;
    }
    if (subject_.tested > 0) remember(attachment);
    return attachment;
}

Step<void> Stage::add(Attachment& attachment) {
    remember(attachment);
    FLATLAN_TRY(answer, run(call(cni::Verb::add, attachment)));
    FLATLAN_TRY_VOID(expect_success(answer, "ADD"));
    FLATLAN_TRY(result, read_result(answer.output, version_));
    attachment.result = std::move(result);
    held_.back() = attachment;
    return success();
}

Step<Attachment> Stage::attached(const std::string& interface) {
    FLATLAN_TRY(attachment, make_attachment(interface));
    FLATLAN_TRY_VOID(add(attachment));
    return attachment;
}

Step<void> Stage::del(const Attachment& attachment) {
    FLATLAN_TRY(answer, run(call_after(cni::Verb::del, attachment)));
    return expect_success(answer, "DEL");
}

Step<Answer> Stage::run(const Call& wanted) {
    FLATLAN_TRY(answer, conformance::run(wanted));
    if (answer.timed_out) return fails("not done within a minute");
    return answer;
}

Step<Snapshot> Stage::node_snapshot() const {
    FLATLAN_TRY(snapshot, take_snapshot(node_));
    return snapshot;
}

Step<Snapshot> Stage::snapshot_of(const Container& container) const {
    FLATLAN_TRY(snapshot, take_snapshot(container.network));
    return snapshot;
}

Step<void> expect_success(const Answer& answer, const std::string& what) {
    if (answer.succeeded()) return success();
    return fails(what + ": " + to_string(answer));
}

Step<void> expect_silent_success(const Answer& answer, const std::string& what) {
    FLATLAN_TRY_VOID(expect_success(answer, what));
    if (answer.output.empty()) return success();
    return fails(what + " said " + one_line(answer.output));
}

}  // namespace flatlan::conformance
