#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/lab/path_probe.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::lab {

/// A node as one end of ways on the underlay. Holds its namespace, so it may go meanwhile.
struct PathEnd {
    NodeName name;
    Namespace network;
    IpAddress endpoint;
};

/// A thread that looks with packets of full size whether the ways between nodes pass what the
/// underlay promises.
///
/// Each second it probes some ways, so that every node is an end of one at least every four seconds
/// (a quarter of the nodes each time, and no fewer than 64). Where one fails twice, all ways of
/// both nodes are probed, and those that fail are measured: that takes two seconds more in a
/// lab of a hundred nodes, and grows with them.
/// Ways that were narrow are probed on; when one passes again, so are all of both its nodes. A way
/// on which nothing is answered is not narrow but broken, which is not judged here.
class PathWatch {
public:
    /// The nodes as they are now; called on the watch's thread, as is `Report`.
    using Ends = std::function<Result<std::vector<PathEnd>>()>;
    /// The ways of a node that pass less, all of them, whenever that changes.
    using Report = std::function<Result<void>(const NodeName&, std::vector<tunnel::PathMtu>)>;

    static Result<std::unique_ptr<PathWatch>> start(UnderlayMtu promised, Ends ends, Report report);

    PathWatch(const PathWatch&) = delete;
    PathWatch& operator=(const PathWatch&) = delete;
    ~PathWatch();

private:
    /// Two indices of the nodes of this round: from, to.
    using Way = std::pair<std::size_t, std::size_t>;
    using Names = std::pair<NodeName, NodeName>;

    PathWatch(UniqueFd stop, UnderlayMtu promised, Ends ends, Report report);
    void run();
    Result<void> look();
    std::vector<Way> next_ways();
    std::set<Way> ways_of_ends(const std::vector<Way>& ways) const;
    /// Those on which no packet of full size was answered.
    Result<std::vector<Way>> find_failing(const std::vector<Way>& ways);
    Result<void> measure(const std::vector<Way>& ways);
    Result<void> report_changes();
    Names names(const Way& way) const { return {ends_[way.first].name, ends_[way.second].name}; }
    PathProbe probe(const Way& way, std::vector<std::uint32_t> sizes) const;

    UniqueFd stop_;
    UnderlayMtu promised_;
    Ends get_ends_;
    Report report_;
    std::vector<PathEnd> ends_;
    std::size_t round_ = 0;
    std::map<Names, UnderlayMtu> narrow_;
    std::set<NodeName> changed_;
    std::thread thread_;
};

}  // namespace flatlan::lab
