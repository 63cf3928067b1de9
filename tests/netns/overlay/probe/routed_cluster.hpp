#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overlay/pod/sandbox/sandbox.hpp"
#include "overlay/probe/io/prober.hpp"
#include "overlay/probe/plan.hpp"

namespace flatlan::probe {

/// A small cluster without a tunnel: nodes around one router, which knows where each block is.
/// Nothing rewrites anything until a test makes it so. Members come nodes first: "node/n1" ...,
/// then "default/p1" ..., dual stack; node N's block is 10.244.N.0/24 and fd00:10:244:N::/64.
class RoutedCluster {
public:
    /// Throws what `support::must` throws.
    RoutedCluster(unsigned nodes, unsigned pods_per_node);

    const std::vector<Member>& members() const { return members_; }
    std::vector<Member>& members() { return members_; }
    Field field() const { return {members_, networks_}; }
    /// "p1" is "default/p1".
    MemberId id(std::string_view name) const;
    const Namespace& network(std::string_view name) const;
    const Namespace& router() const { return router_; }
    /// The member's namespace is gone, as far as the tester knows.
    void forget(std::string_view name) { networks_[id(name).value()].reset(); }

    Report run(const PlanRequest& request = {}, const ProberOptions& options = {}) const;

private:
    void add_node(unsigned number);
    void add_pods(unsigned node, unsigned count);
    void connect_nodes(unsigned nodes);

    Namespace router_;
    std::vector<Member> members_;
    std::vector<std::optional<Namespace>> networks_;
};

/// Runs a command of the shell inside the namespace and fails the test if it does not succeed.
void shell_in(const Namespace& network, const std::string& command);

}  // namespace flatlan::probe
