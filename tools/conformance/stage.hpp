#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "tools/conformance/clause.hpp"
#include "tools/conformance/plugin_process.hpp"
#include "tools/conformance/snapshot.hpp"
#include "tools/conformance/subject.hpp"
#include "tools/conformance/told.hpp"

namespace flatlan::conformance {

/// A container as a runtime knows it: an id, and a network namespace with a path.
struct Container {
    std::string id;
    Namespace network;
    std::string netns;  ///< the path
};

/// One attachment: a container, an interface name, and what plugins made of it.
struct Attachment {
    const Container* container = nullptr;
    std::string interface;
    std::string before{};  ///< result of the plugins before ours in a list, JSON; empty: none
    ToldResult result{};   ///< of ours
};

/// The world of one clause: a node in a network namespace of its own, containers, and the plugin.
/// What is still attached at its end is taken away.
class Stage {
public:
    static constexpr const char* kInterface = "eth0";

    /// Moves the calling thread into a new network namespace, the node, and prepares it.
    static Step<std::unique_ptr<Stage>> open(const Subject& subject, Version version,
                                             unsigned rounds);
    /// Moves the calling thread back to this node, after another stage was opened.
    Step<void> enter() const;
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage();

    const Subject& subject() const { return subject_; }
    Version version() const { return version_; }
    /// "1.0.0"
    std::string version_text() const { return std::string{cni::to_string(version_)}; }
    /// How often clauses that try their luck do so.
    unsigned rounds() const { return rounds_; }

    /// `id` empty: one that nobody had before.
    Step<const Container*> make_container(std::string id = {});
    /// Gives its namespace up, as when a machine was restarted: there is no DEL afterwards.
    void forget(const Container& container);

    /// A call of ours with everything in order, to be spoilt: with the variables of an attachment,
    /// or without (VERSION, GC, STATUS).
    Call call(cni::Verb verb) const;
    Call call(cni::Verb verb, const Attachment& attachment) const;
    /// The same with the result of ADD as `prevResult`, as CHECK and DEL have it.
    Call call_after(cni::Verb verb, const Attachment& attachment) const;

    /// A new container, for whose interface the plugins before ours have been called.
    Step<Attachment> make_attachment(const std::string& interface = kInterface);
    /// The same in a container that is there.
    Step<Attachment> prepare(const Container& container, const std::string& interface);
    /// Has the plugin add it, which must succeed: what is to be shown needs it.
    Step<void> add(Attachment& attachment);
    /// make_attachment and add.
    Step<Attachment> attached(const std::string& interface = kInterface);
    /// A call of DEL, which must succeed.
    Step<void> del(const Attachment& attachment);

    /// Runs a call whatever comes of it; it must come to an end.
    Step<Answer> run(const Call& call);
    /// Says that the plugin has, or may have, something of it from now on.
    void remember(const Attachment& attachment) { held_.push_back(attachment); }

    Step<Snapshot> node_snapshot() const;
    Step<Snapshot> snapshot_of(const Container& container) const;

private:
    Stage(const Subject& subject, Version version, unsigned rounds, Namespace node)
        : subject_{subject}, version_{version}, rounds_{rounds}, node_{std::move(node)} {}
    Call call_of(const ListedPlugin& plugin, cni::Verb verb) const;
    Call call_of(const ListedPlugin& plugin, cni::Verb verb, const Attachment& attachment) const;

    const Subject& subject_;
    Version version_;
    unsigned rounds_;
    Namespace node_;
    std::list<Container> containers_;
    std::vector<Attachment> held_;
};

/// An objection unless it succeeded.
Step<void> expect_success(const Answer& answer, const std::string& what);
/// An objection unless it succeeded and said nothing.
Step<void> expect_silent_success(const Answer& answer, const std::string& what);

}  // namespace flatlan::conformance
