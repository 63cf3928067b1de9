#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/emulated_node.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::support {

/// Emulated nodes that claim at once, each in a thread of its own and with a registry client of its
/// own. While they run, each fills its blocks with pods, so that it needs more of them, until it
/// has `blocks_max`.
class ClaimingCluster {
public:
    struct Options {
        std::size_t nodes = 10;
        std::string prefix = "10.0.0.0/9";
        std::string names = "n";     ///< a node is called so and by its number
        std::size_t blocks_max = 1;  ///< of a node, until `ask_for` wants more
        std::uint64_t seed = 0;
        Misbehaviour odds{};
        std::function<std::unique_ptr<registry::Registry>()> connect;
    };

    explicit ClaimingCluster(const Options& options) {
        const auto pools = pools_of(options.prefix);
        for (std::size_t i = 0; i < options.nodes; ++i) {
            auto& member = members_.emplace_back(std::make_unique<Member>());
            member->wanted = options.blocks_max;
            member->registry = options.connect();
            nodes_.push_back(std::make_unique<EmulatedNode>(options.names + std::to_string(i),
                                                            *member->registry, pools,
                                                            options.seed + i, options.odds));
        }
        for (std::size_t i = 0; i < options.nodes; ++i)
            members_[i]->thread = std::thread{[this, i] { run(*members_[i], *nodes_[i]); }};
    }
    ClaimingCluster(const ClaimingCluster&) = delete;
    ClaimingCluster& operator=(const ClaimingCluster&) = delete;
    ~ClaimingCluster() { stop(); }

    /// Lets each node go on until it has `more` blocks more than now.
    void ask_for(std::size_t more) {
        for (auto& member : members_)
            member->wanted = member->blocks + more;
    }
    /// Whether every node has the blocks that it was asked for; waits for it.
    bool all_have_claimed(std::chrono::milliseconds within) const {
        return eventually(
            [this] {
                for (const auto& member : members_)
                    if (member->blocks < member->wanted) return false;
                return true;
            },
            within);
    }
    /// Ends the threads. Afterwards the nodes may be looked at.
    void stop() {
        ending_ = true;
        for (auto& member : members_)
            if (member->thread.joinable()) member->thread.join();
    }

    const std::vector<std::unique_ptr<EmulatedNode>>& nodes() const { return nodes_; }
    std::uint64_t failed_steps() const { return failed_steps_; }

private:
    struct Member {
        std::unique_ptr<registry::Registry> registry;
        std::atomic<std::size_t> blocks = 0;
        std::atomic<std::size_t> wanted = 0;
        std::thread thread;
    };

    static Instant clock() {
        return Instant::from_nanoseconds(
            std::chrono::steady_clock::now().time_since_epoch().count());
    }

    void run(Member& member, EmulatedNode& node) {
        while (!ending_) {
            if (const auto done = node.step(clock()); !done) ++failed_steps_;
            member.blocks = node.serving().size();
            if (member.blocks < member.wanted)
                while (node.add_pod())
                    ;
            else
                eventually([&] { return ending_ || member.blocks < member.wanted; },
                           std::chrono::milliseconds{100});
        }
    }

    std::vector<std::unique_ptr<Member>> members_;
    std::vector<std::unique_ptr<EmulatedNode>> nodes_;
    std::atomic<bool> ending_ = false;
    std::atomic<std::uint64_t> failed_steps_ = 0;
};

}  // namespace flatlan::support
