#include "overlay/node/path_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "overlay/probe/io/epoll.hpp"

namespace flatlan::node {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kRound{1};
/// Of a lab, which mostly has few nodes; a third of them where that is more.
constexpr std::size_t kEndsPerRoundMin = 64;
/// With these and the measurement a narrower way is known within five seconds.
constexpr std::size_t kRoundsForAll = 3;
/// Narrow ways that are probed again in a round.
constexpr std::size_t kRecheckedPerRound = 64;

}  // namespace

Result<std::unique_ptr<PathWatch>> PathWatch::start(Options options) {
    UniqueFd stop{eventfd(0, EFD_CLOEXEC)};
    if (!stop) return Error::from_errno(errno, "watch the underlay's ways");
    return std::unique_ptr<PathWatch>{new PathWatch{std::move(stop), std::move(options)}};
}

PathWatch::PathWatch(UniqueFd stop, Options options)
    : stop_{std::move(stop)}, options_{std::move(options)}, thread_{[this] { run(); }} {}

PathWatch::~PathWatch() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
}

void PathWatch::run() {
    attempt(&PathWatch::follow_link, link_trouble_);
    auto round_at = steady_clock::now() + kRound;
    while (wait(round_at)) {
        if (steady_clock::now() < round_at) {
            attempt(&PathWatch::follow_link, link_trouble_);
        } else {
            attempt(&PathWatch::look, look_trouble_);
            round_at = steady_clock::now() + kRound;
        }
        ends_.clear();  // so that no namespace lives on by it
    }
}

bool PathWatch::wait(steady_clock::time_point round_at) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(round_at - steady_clock::now());
    std::array<pollfd, 2> waits{{{stop_.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
    if (options_.link) waits[1].fd = options_.link->fd();
    poll(waits.data(), waits.size(), std::max(0, static_cast<int>(left.count())));
    return waits[0].revents == 0;
}

void PathWatch::attempt(Result<void> (PathWatch::*step)(), std::string& told) {
    const auto done = (this->*step)();
    const std::string trouble = done ? "" : done.error().to_string();
    if (std::exchange(told, trouble) != trouble && !trouble.empty())
        options_.warn("the underlay's ways cannot be watched: " + trouble);
}

Result<bool> PathWatch::take_ends() {
    FLATLAN_TRY(ends, options_.ends());
    ends_ = std::move(ends);
    sources_.clear();
    for (std::size_t i = 0; i < ends_.size(); ++i)
        if (ends_[i].network) sources_.push_back(i);
    if (ends_.size() < 2 || sources_.empty()) return false;
    adopt_known();
    // The ways to nodes that are new have to be told too.
    std::set<NodeName> limited;
    if (ceiling_)
        for (const PathEnd& end : ends_)
            limited.insert(end.name);
    if (told_ceiling_ != ceiling_ || told_ends_ != limited) {
        changed_.insert(ends_[sources_.front()].name);
        told_ceiling_ = ceiling_;
        told_ends_ = std::move(limited);
    }
    return true;
}

Result<void> PathWatch::follow_link() {
    if (!options_.link) return success();
    FLATLAN_TRY(mtu, options_.link->read());
    ceiling_.reset();
    if (mtu && mtu->value() < options_.promised.value())
        ceiling_.emplace(std::max(mtu->value(), UnderlayMtu::kMin));
    if (ceiling_ == told_ceiling_) return success();
    FLATLAN_TRY(any, take_ends());
    return any ? report_changes() : success();
}

Result<bool> PathWatch::rests() {
    if (!options_.used || !schedule_.has_many()) return false;
    FLATLAN_TRY(used, options_.used());
    const Instant now = probe::monotonic_now();
    schedule_.handle_used(now, used);
    return !ceiling_ && narrow_.empty() && changed_.empty() && schedule_.rests(now);
}

Result<void> PathWatch::look() {
    FLATLAN_TRY(resting, rests());
    if (resting) return success();
    FLATLAN_TRY(any, take_ends());
    if (!any) return success();
    widened_.clear();
    found_.clear();
    const std::vector<Way> ways = next_ways();
    FLATLAN_TRY(suspects, find_suspects(ways));
    FLATLAN_TRY(again, find_suspects(suspects));  // a packet may be lost for any reason
    std::set<std::size_t> touched = widened_;
    for (const Way& way : again)
        if (!narrow_.contains(names(way))) touched.insert({way.first, way.second});
    // Whatever made these narrow has most likely done the same to others.
    FLATLAN_TRY_VOID(measure(again));
    std::set<Way> others = ways_of_ends(touched);
    for (const Way& way : again)
        others.erase(way);
    if (!others.empty()) {
        FLATLAN_TRY(failing, find_suspects({others.begin(), others.end()}));
        FLATLAN_TRY_VOID(measure(failing));
    }
    return report_changes();
}

std::vector<PathWatch::Way> PathWatch::next_ways() {
    std::vector<Way> ways;
    if (sources_.size() == 1) {
        ways = scheduled_ways();
    } else {
        ways = ways_in_turn();
    }
    if (!narrow_.empty()) add_narrow_ways(ways);
    ++round_;
    return ways;
}

/// Those of one node.
std::vector<PathWatch::Way> PathWatch::scheduled_ways() {
    std::vector<std::size_t> others;
    std::vector<IpAddress> endpoints;
    for (std::size_t i = 0; i < ends_.size(); ++i)
        if (i != sources_.front()) {
            others.push_back(i);
            endpoints.push_back(ends_[i].endpoint);
        }
    const Instant now = probe::monotonic_now();
    if (!options_.used && endpoints.size() > PathSchedule::kFewPeers)
        schedule_.handle_used(now, endpoints);
    std::vector<Way> ways;
    for (const std::size_t at : schedule_.poll_round(now, endpoints))
        ways.emplace_back(sources_.front(), others[at]);
    return ways;
}

/// A way that has this end: the node's own, or one to it where it is another machine's.
PathWatch::Way PathWatch::way_of(std::size_t end) const {
    const std::size_t others = ends_.size() - 1;
    if (ends_[end].network) return {end, (end + 1 + round_ % others) % ends_.size()};
    return {sources_[(end + round_) % sources_.size()], end};
}

/// Those of a lab.
std::vector<PathWatch::Way> PathWatch::ways_in_turn() const {
    const std::size_t nodes = ends_.size();
    const std::size_t count =
        std::min(nodes, std::max(kEndsPerRoundMin, (nodes + kRoundsForAll - 1) / kRoundsForAll));
    std::vector<Way> ways;
    for (std::size_t i = 0; i < count; ++i)
        ways.push_back(way_of((round_ * count + i) % nodes));
    return ways;
}

/// Some of those that are known to be narrow, by turns; forgets those whose nodes are gone.
void PathWatch::add_narrow_ways(std::vector<Way>& ways) {
    std::map<NodeName, std::size_t> index;
    for (std::size_t i = 0; i < ends_.size(); ++i)
        index.emplace(ends_[i].name, i);
    std::erase_if(narrow_, [&](const auto& known) {
        const auto& [from, to] = known.first;
        if (index.contains(from) && index.contains(to)) return false;
        if (index.contains(from)) changed_.insert(from);
        return true;
    });
    std::vector<Way> narrow;
    for (const auto& [between, mtu] : narrow_)
        narrow.emplace_back(index.at(between.first), index.at(between.second));
    const std::size_t count = std::min(narrow.size(), kRecheckedPerRound);
    for (std::size_t i = 0; i < count; ++i)
        ways.push_back(narrow[(round_ * count + i) % narrow.size()]);
}

}  // namespace flatlan::node
