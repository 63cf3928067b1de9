#pragma once

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
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"
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
/// Each second it probes some ways, so that every node is an end of one at least every three
/// seconds. Where one fails twice, all ways of both nodes are probed, and those that fail are
/// measured: that takes two seconds more in a lab of a hundred nodes, and grows with them.
/// Ways that were narrow are probed on; when one passes again, so are all of both its nodes. A way
/// on which nothing is answered is not narrow but broken, which is not judged here.
class PathWatch {
public:
    /// The nodes as they are now; called on the watch's thread, as are `Report` and `Warn`.
    using Ends = std::function<Result<std::vector<PathEnd>>()>;
    /// The ways of a node that pass less, all of them, whenever that changes.
    using Report = std::function<Result<void>(const NodeName&, std::vector<tunnel::PathMtu>)>;
    /// Why the ways cannot be watched, whenever that changes.
    using Warn = std::function<void(const std::string&)>;

    struct Options {
        UnderlayMtu promised;
        std::size_t ends_per_round_min;  ///< a third of the nodes where that is more
        Ends ends;
        Report report;
        Warn warn;
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
    Result<void> look();
    Way way_of(std::size_t end) const;
    std::vector<Way> next_ways();
    void add_narrow_ways(std::vector<Way>& ways);
    std::set<Way> ways_of_ends(const std::set<std::size_t>& ends) const;
    std::uint32_t least(const Way& way) const;
    /// Those that pass something, but not what they passed when they were measured last, nor what
    /// is promised.
    Result<std::vector<Way>> find_suspects(const std::vector<Way>& ways);
    Result<void> measure(const std::vector<Way>& ways);
    void set_narrow(const Way& way, UnderlayMtu mtu);
    Result<void> report_changes();
    Names names(const Way& way) const { return {ends_[way.first].name, ends_[way.second].name}; }
    Result<std::vector<std::uint32_t>> send(const std::vector<probe::PathProbe>& probes) const;
    probe::PathProbe probe_of(const Way& way, std::vector<std::uint32_t> sizes) const;

    UniqueFd stop_;
    Options options_;
    std::vector<PathEnd> ends_;
    std::vector<std::size_t> sources_;  ///< of `ends_` those in which probes are sent
    std::size_t round_ = 0;
    std::map<Names, UnderlayMtu> narrow_;
    std::set<std::size_t> widened_;  ///< ends of ways that pass again, of this round
    std::set<NodeName> changed_;
    std::thread thread_;
};

}  // namespace flatlan::node
