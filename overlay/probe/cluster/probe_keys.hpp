#pragma once

#include <string>
#include <string_view>

#include "overlay/base/names.hpp"

namespace flatlan::probe {

/// The keys of a cluster's test in the registry, apart from the records of its nodes. There is one
/// test at a time. What a node writes goes with its session, soon after the node has died.
///
///     /flatlan/probes/CLUSTER/request     who asks, and the test's number
///
/// Below /flatlan/probes/CLUSTER/RUN/all/ stands what each node has to know; each has a copy of it:
///
///     asked             stands as long as the answer is wanted
///     members/NODE      who takes part of a node
///     roster            all nodes that take part, and what is tried
///     ports/NODE        where a node's members are asked
///     start             the nodes that are ready
///     end               all have sent
///     trials            what is tried of what passed, if anything is
///     doors/NODE        where a node's members answer to that
///     try               the nodes whose doors are open
///     stalls/NODE       that it says, when asked, for how long it could not run
///     doubts/NODE/N     a question of that node: for how long another one could not run
///     held/NODE/N       and that other one's answer
///
/// or, of a trace, in which the nodes of its two ends alone take part:
///
///     trace             its ends
///     question/NODE/N   what that node is asked, one after another
///
/// Below /flatlan/probes/CLUSTER/RUN/asker/ stands what the nodes answer, which grows with the
/// checks and which nobody reads but who asks:
///
///     refused/NODE      why a node does not go on; like its members
///     sent/NODE/PAGE    what its senders saw fail
///     sent/NODE         and that this is all
///     seen/NODE/PAGE    what its receivers saw
///     seen/NODE         that this is all, and which members are gone
///     tried/NODE/PAGE   what came of the trials that a node's members sent
///     tried/NODE        that this is all, and which members are gone
///     ready/NODE        that it takes part in a trace
///     answer/NODE/N     what it answers there
class RunKeys {
public:
    RunKeys(const LabName& cluster, const std::string& run)
        : root_{"/flatlan/probes/" + cluster.text() + "/" + run + "/"} {}

    /// Which of the cluster's tests is wanted.
    static std::string request(const LabName& cluster) {
        return "/flatlan/probes/" + cluster.text() + "/request";
    }
    /// What every key of the run begins with.
    const std::string& whole() const { return root_; }
    /// What the keys for all nodes begin with, and one of them.
    std::string for_all() const { return root_ + "all/"; }
    std::string for_all(std::string_view kind) const { return for_all() + std::string{kind}; }
    std::string for_all(std::string_view kind, const NodeName& node) const {
        return for_all(kind) + "/" + node.text();
    }
    /// A question of a trace, counted from 0 for each node, and its answer.
    std::string question(const NodeName& node, std::size_t number) const {
        return for_all("question", node) + "/" + std::to_string(number);
    }
    std::string answer(const NodeName& node, std::size_t number) const {
        return for_asker("answer", node) + "/" + std::to_string(number);
    }
    /// What a node tells who asks.
    std::string for_asker(std::string_view kind, const NodeName& node) const {
        return root_ + "asker/" + std::string{kind} + "/" + node.text();
    }

private:
    std::string root_;
};

}  // namespace flatlan::probe
