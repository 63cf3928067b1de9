#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/link_mtu_watch.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/node/path_schedule.hpp"
#include "overlay/probe/io/path_probe.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::node {

/// A node as one end of ways on the underlay.
struct PathEnd {
    NodeName name;
    IpAddress endpoint;
    /// Where its probes are sent, held so that the node may go meanwhile. Empty for a node of
    /// another machine: ways lead there, and those that begin there are its own to watch.
    std::optional<Namespace> network{};
};

/// A thread that looks with packets of full size whether the ways between nodes pass what the
/// underlay promises: all ways of a lab, or those of one node to the others.
///
/// Each second it probes some ways. Of a lab so many that every node is an end of one at least
/// every three seconds; of one node those that PathSchedule chooses. Where one fails twice, all
/// ways of both nodes are probed, and those that fail are measured: that takes two seconds more in
/// a lab of a hundred nodes, and grows with them. Ways that were narrow are probed on; when one
/// passes again, so are all of both its nodes. A way on which nothing is answered is not narrow but
/// broken, which is not judged here.
///
/// What a node's own interface does not pass none of its ways does: that is followed at once, for
/// all of them, and needs no packet.
class PathWatch {
public:
    /// The nodes as they are now; called on the watch's thread, as are the other three.
    using Ends = std::function<Result<std::vector<PathEnd>>()>;
    /// The endpoints to which something was sent since the last call.
    using Used = std::function<Result<std::vector<IpAddress>>()>;
    /// The ways of a node that pass less, all of them, whenever that changes.
    using Report = std::function<Result<void>(const NodeName&, std::vector<tunnel::PathMtu>)>;
    /// Why the ways cannot be watched, whenever that changes.
    using Warn = std::function<void(const std::string&)>;

    struct Options {
        UnderlayMtu promised;
        Ends ends;
        Report report;
        Warn warn;
        /// Asked where one node has many ways. Without it each counts as in use.
        Used used{};
        /// Of one node: what was known of its ways before, and `report` need not tell again.
        std::vector<tunnel::PathMtu> known{};
        /// The interface under the tunnel, where all ways are one node's.
        std::optional<LinkMtuWatch> link{};
    };
    static Result<std::unique_ptr<PathWatch>> start(Options options);

    PathWatch(const PathWatch&) = delete;
    PathWatch& operator=(const PathWatch&) = delete;
    ~PathWatch();

private:
    /// Two indices of the nodes of this round: from, to.
    using Way = std::pair<std::size_t, std::size_t>;
    using Names = std::pair<NodeName, NodeName>;
    using Open = std::vector<std::pair<Way, probe::SizeBracket>>;

    PathWatch(UniqueFd stop, Options options);
    void run();
    /// Until the next round, or until something is told of the interface. False at the end.
    bool wait(std::chrono::steady_clock::time_point round_at);
    /// `told` is the trouble of this step that was told last.
    void attempt(Result<void> (PathWatch::*step)(), std::string& told);
    /// Takes in which nodes there are; false where there is no way to watch.
    Result<bool> take_ends();
    Result<void> look();
    /// Takes in which of many ways are used; whether this round can be left out.
    Result<bool> rests();
    Result<void> follow_link();
    Way way_of(std::size_t end) const;
    std::vector<Way> next_ways();
    std::vector<Way> scheduled_ways();
    std::vector<Way> ways_in_turn() const;
    void add_narrow_ways(std::vector<Way>& ways);
    std::set<Way> ways_of_ends(const std::set<std::size_t>& ends) const;
    std::uint32_t least(const Way& way) const;
    /// What a way should pass: what is promised, unless the node's own interface passes less.
    UnderlayMtu full() const { return ceiling_.value_or(options_.promised); }
    /// Those that pass something, but not what they passed when they were measured last, nor what
    /// is promised.
    Result<std::vector<Way>> find_suspects(const std::vector<Way>& ways);
    Result<void> measure(const std::vector<Way>& ways);
    /// Takes in what was known before.
    void adopt_known();
    void set_narrow(const Way& way, UnderlayMtu mtu);
    std::vector<std::uint32_t> sizes_for(const Way& way) const;
    std::vector<tunnel::PathMtu> narrow_paths_of(const NodeName& node) const;
    Result<void> report_changes();
    Names names(const Way& way) const { return {ends_[way.first].name, ends_[way.second].name}; }
    Result<std::vector<std::uint32_t>> send(const std::vector<probe::PathProbe>& probes) const;
    probe::PathProbe probe_of(const Way& way, std::vector<std::uint32_t> sizes) const;

    UniqueFd stop_;
    Options options_;
    std::vector<PathEnd> ends_;
    std::vector<std::size_t> sources_;  ///< of `ends_` those in which probes are sent
    std::size_t round_ = 0;
    PathSchedule schedule_;
    std::optional<UnderlayMtu> ceiling_;  ///< the interface's MTU where that is less than promised
    std::optional<UnderlayMtu> told_ceiling_;
    std::set<NodeName> told_ends_;  ///< with a ceiling: the nodes that there were then
    std::map<Names, UnderlayMtu> narrow_;
    std::set<std::size_t> widened_;  ///< ends of ways that pass again, of this round
    std::set<std::uint32_t> found_;  ///< what narrow ways were measured to pass in this round
    std::set<NodeName> changed_;
    std::string link_trouble_;  ///< of `follow_link`, that was told last
    std::string look_trouble_;
    std::thread thread_;
};

}  // namespace flatlan::node
