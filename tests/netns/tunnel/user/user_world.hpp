#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/network_test.hpp"
#include "tests/support/run_tool.hpp"
#include "tests/support/sample_cluster.hpp"
#include "tunnel/kernel/kernel_backend.hpp"
#include "tunnel/user/user_backend.hpp"

namespace flatlan::tunnel {

/// What carries a node's packets in a test.
enum class EndKind : std::uint8_t { tun, veth, kernel };

std::string to_string(EndKind kind);

/// A sample cluster of two nodes, one cable between them, each with a backend of its kind. No
/// tunnel yet.
class UserWorld {
public:
    UserWorld(const SampleShape& shape, EndKind first, EndKind second,
              const UserOptions& options = {});

    SampleCluster cluster;

    const Namespace& network(std::size_t node) const { return networks_[node]; }
    Backend& backend(std::size_t node) { return *backends_[node]; }
    /// The node's backend, which has to be a user backend.
    UserBackend& user(std::size_t node) { return dynamic_cast<UserBackend&>(*backends_[node]); }
    IpAddress overlay(std::size_t node, IpFamily family) const {
        return cluster.nodes[node].overlay.find(family).value();
    }

    Result<TunnelChange> apply(std::size_t node) {
        return backend(node).apply(cluster.wanted_for(node));
    }
    /// Both, and waits until packets can pass.
    void apply_all();

    std::string run(std::size_t node, std::string_view command) const {
        return support::run_tool(network(node), command);
    }

private:
    void connect();

    std::vector<Namespace> networks_;
    std::vector<std::unique_ptr<Backend>> backends_;
};

/// That datagrams pass between the two nodes' own addresses of both families, both ways.
void expect_working(UserWorld& world);

/// Whether this process may open /dev/net/tun.
bool may_open_tun();

}  // namespace flatlan::tunnel
