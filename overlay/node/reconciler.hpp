#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/node/block_keeper.hpp"
#include "overlay/node/node_directory.hpp"
#include "overlay/node/node_removal.hpp"
#include "overlay/node/path_watch.hpp"
#include "overlay/node/registration.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::node {

/// Something that people should read of, once.
struct Notice {
    bool warning = false;  ///< something is not as it should be
    std::string text;
};

/// What a node knows of another one.
struct PeerState {
    tunnel::TunnelNode node;
    bool alive = false;
};

/// How much of one of the cluster's pools is claimed, as far as the node knows.
struct PoolClaims {
    IpPrefix pool;
    std::uint64_t blocks = 0;   ///< into which it is cut
    std::uint64_t claimed = 0;  ///< by any node, pending ones too
};

/// How a node stands in its cluster.
struct NodeStanding {
    tunnel::TunnelNode self;  ///< as NodeState's, like all here
    bool joined = false;
    std::size_t peers = 0;
};

/// A node at a moment, for people and programs.
struct NodeState {
    tunnel::TunnelNode self;  ///< `overlay` is empty until it has blocks
    /// Whether the others know it and its tunnel is made: from then on pods can be added.
    bool joined = false;
    bool paused = false;              ///< claims wait for members to publish their blocks again
    std::vector<NodeName> awaited{};  ///< those members, as far as they are known
    control::WantsRecord missing{};   ///< as BlockKeeper's
    std::uint64_t epoch = 0;
    Instant confirmed_at{};             ///< as NodeMemory's; Instant{} when not in this boot
    bool registry_answers = false;      ///< when it was asked last
    std::optional<Instant> heard_at{};  ///< when the registry told last of a change
    std::vector<PoolClaims> pools{};
    std::vector<PeerState> peers{};
    std::map<NodeName, Error> left_out{};
    std::vector<std::string> lost{};  ///< keys of leases that lost an address with their block
    std::uint64_t repairs = 0;        ///< what was put right after somebody's change
    std::vector<tunnel::PathMtu> narrow_paths{};  ///< ways that pass less than was promised
};

/// A node's reconcile loop, without its waiting: from the registry over the directory to the
/// node's network namespace. It claims blocks, tells the others of the node, and keeps tunnel and
/// settings as they must be; while the registry is away all stays as it is.
///
/// `step` and what is not marked otherwise belong to one thread; `repair`, `try_offloads`,
/// `path_ends`, `poll_used`, `set_narrow_paths`, `state`, `standing` and `figures` are for any.
class Reconciler {
public:
    struct Options {
        ipam::NodeIdentity node;
        IpAddress endpoint;
        MacAddress mac;  ///< of the node's end of the tunnel
        BootId boot;
        LabName cluster;
        control::ClusterRecord common;  ///< what all nodes have in common
        std::optional<Duration> reclaim_after{};
        Duration time_to_live = std::chrono::seconds{15};
        std::function<void()> on_change{};  ///< as BlockKeeper's
        /// The tunnel was made or changed; on whatever thread that was, and it may ask nothing of
        /// the reconciler.
        std::function<void()> on_tunnel{};
    };
    /// All of them outlive it.
    struct Parts {
        registry::Registry& registry;
        ipam::LeaseStore& leases;
        tunnel::Backend& backend;
        const Namespace& network;
    };

    /// `memory` is what the node remembered when it ended last.
    Reconciler(Options options, const Parts& parts, NodeMemory memory);

    /// Before the first step: whether the node may begin. Error invalid_argument when it holds a
    /// block that is none of the cluster's; else as Registration::check_free.
    Result<void> check_start();

    /// One round, as BlockKeeper::step; after an error of the registry what can be done without it
    /// is done all the same. Error already_exists while another live node has the name or the
    /// underlay address, conflict when another one changed the registry meanwhile: what somebody
    /// has made in the kernel is neither.
    Result<void> step(Instant now);
    Instant poll_timeout() const { return keeper_.poll_timeout(); }
    std::vector<Notice> poll_notices() { return std::exchange(notices_, {}); }
    const NodeMemory& memory() const { return keeper_.memory(); }

    /// The node's program ends and its pods stay: nothing is taken away.
    Result<void> pause() { return keeper_.end_sign_of_life(); }

    /// Puts the tunnel and the namespace's settings right if somebody changed them.
    Result<void> repair();
    /// Makes the next trial of the tunnel's offloads (tunnel::OffloadTrial::run), if there is one,
    /// and says what it found. For one thread, which alone waits for the answers.
    Result<std::optional<tunnel::OffloadVerdict>> try_offloads(int stop);
    /// The ends of the node's ways on the underlay; only itself before it has blocks.
    Result<std::vector<PathEnd>> path_ends() const;
    /// The endpoints of peers to which something was sent since the last call, as the backend
    /// counts; it is asked peer by peer only when its sum has changed. For one thread.
    Result<std::vector<IpAddress>> poll_used();
    /// From now on packets to these nodes are told the way's MTU, and to others the tunnel's.
    Result<void> set_narrow_paths(std::vector<tunnel::PathMtu> paths);
    NodeState state() const;
    /// Of the state what does not grow with the cluster.
    NodeStanding standing() const;
    /// Peer by peer too, once there is a tunnel.
    Result<tunnel::TunnelFigures> figures() const;

private:
    Result<IpAddresses> own_addresses(const std::vector<IpPrefix>& blocks);
    Result<void> follow();
    Result<void> reconcile(const tunnel::TunnelNode& self);
    Result<std::uint64_t> apply();
    Result<std::uint64_t> try_apply();
    Result<std::size_t> ensure_pod_routes();
    tunnel::TunnelWanted wanted() const;
    Result<void> publish(const tunnel::TunnelNode& self);
    Result<void> reclaim(Instant now);
    Result<void> drop_lost();
    void note_missing();
    void note_left_out(const std::map<NodeName, Error>& before);
    void show(Instant now, bool registry_answers);
    void show_cluster();

    Options options_;
    Parts parts_;
    control::RecordKeys keys_;
    BlockKeeper keeper_;
    Registration registration_;
    std::optional<Reclaimer> reclaimer_;
    std::vector<Notice> notices_;
    std::uint64_t followed_ = 0;  ///< ClusterMirror::changes that the directory has
    bool paused_before_ = false;
    control::WantsRecord missing_before_;
    bool joined_ = false;
    std::deque<ipam::Lease> lost_;  ///< of lost blocks, as they were; to be named yet
    bool has_lost_routes_ = true;   ///< perhaps: the namespace may have routes of lost blocks

    mutable std::mutex mutex_;  ///< of what follows and of the backend
    NodeDirectory directory_;
    /// As in the directory; empty before it has blocks, and when the directory refuses it.
    std::optional<tunnel::TunnelNode> self_;
    bool applied_ = false;         ///< the kernel has what the directory says
    bool has_pod_routes_ = false;  ///< the namespace has, as far as is known
    std::uint64_t shown_ = 0;      ///< ClusterMirror::changes that `state_` has
    bool outdated_ = true;         ///< `state_` has not what the directory has
    NodeState state_;
    std::uint64_t sent_ = 0;                     ///< when poll_used was called last
    std::map<NodeName, std::uint64_t> sent_to_;  ///< the same, by peer
};

}  // namespace flatlan::node
