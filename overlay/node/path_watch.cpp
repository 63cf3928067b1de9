#include "overlay/node/path_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

namespace flatlan::node {
namespace {

using probe::PathProbe;
using probe::SizeBracket;

constexpr int kRoundMs = 1000;
/// With these and the measurement a narrower way is known within five seconds.
constexpr std::size_t kRoundsForAll = 3;
/// Narrow ways that are probed again in a round.
constexpr std::size_t kRecheckedPerRound = 64;
/// What every link passes (RFC 791; RFC 8200, section 5); below it a way is broken.
constexpr std::uint32_t kLeastIpv4 = 68;
constexpr std::uint32_t kLeastIpv6 = 1280;

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
    std::string last_trouble;
    pollfd stop{stop_.get(), POLLIN, 0};
    while (poll(&stop, 1, kRoundMs) == 0) {
        const auto looked = look();
        ends_.clear();  // so that no namespace lives on by it
        const std::string trouble = looked ? "" : looked.error().to_string();
        if (std::exchange(last_trouble, trouble) != trouble && !trouble.empty())
            options_.warn("the underlay's ways cannot be watched: " + trouble);
    }
}

Result<void> PathWatch::look() {
    FLATLAN_TRY(ends, options_.ends());
    ends_ = std::move(ends);
    sources_.clear();
    for (std::size_t i = 0; i < ends_.size(); ++i)
        if (ends_[i].network) sources_.push_back(i);
    if (ends_.size() < 2 || sources_.empty()) return success();
    widened_.clear();
    FLATLAN_TRY(suspects, find_suspects(next_ways()));
    FLATLAN_TRY(again, find_suspects(suspects));  // a packet may be lost for any reason
    std::set<std::size_t> touched = widened_;
    for (const Way& way : again)
        if (!narrow_.contains(names(way))) touched.insert({way.first, way.second});
    std::set<Way> all = ways_of_ends(touched);
    all.insert(again.begin(), again.end());
    if (!all.empty()) {
        FLATLAN_TRY(failing, find_suspects({all.begin(), all.end()}));
        FLATLAN_TRY_VOID(measure(failing));
    }
    return report_changes();
}

/// A way that has this end: the node's own, or one to it where it is another machine's.
PathWatch::Way PathWatch::way_of(std::size_t end) const {
    const std::size_t others = ends_.size() - 1;
    if (ends_[end].network) return {end, (end + 1 + round_ % others) % ends_.size()};
    return {sources_[(end + round_) % sources_.size()], end};
}

std::vector<PathWatch::Way> PathWatch::next_ways() {
    const std::size_t nodes = ends_.size();
    const std::size_t count = std::min(
        nodes, std::max(options_.ends_per_round_min, (nodes + kRoundsForAll - 1) / kRoundsForAll));
    std::vector<Way> ways;
    for (std::size_t i = 0; i < count; ++i)
        ways.push_back(way_of((round_ * count + i) % nodes));
    add_narrow_ways(ways);
    ++round_;
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

std::set<PathWatch::Way> PathWatch::ways_of_ends(const std::set<std::size_t>& ends) const {
    std::set<Way> all;
    for (const std::size_t end : ends)
        for (std::size_t other = 0; other < ends_.size(); ++other) {
            if (other == end) continue;
            if (ends_[end].network) all.insert({end, other});
            if (ends_[other].network) all.insert({other, end});
        }
    return all;
}

std::uint32_t PathWatch::least(const Way& way) const {
    return ends_[way.first].endpoint.is_ipv4() ? kLeastIpv4 : kLeastIpv6;
}

PathProbe PathWatch::probe_of(const Way& way, std::vector<std::uint32_t> sizes) const {
    const PathEnd& from = ends_[way.first];
    return {&*from.network, from.endpoint, ends_[way.second].endpoint, std::move(sizes)};
}

Result<std::vector<std::uint32_t>> PathWatch::send(const std::vector<PathProbe>& probes) const {
    return probe::send_probes(probes, stop_.get());
}

Result<std::vector<PathWatch::Way>> PathWatch::find_suspects(const std::vector<Way>& ways) {
    const std::uint32_t promised = options_.promised.value();
    std::vector<PathProbe> probes;
    std::vector<std::uint32_t> expected;  // 0 where the way is not known to be narrow
    for (const Way& way : ways) {
        std::vector<std::uint32_t> sizes{least(way)};
        const auto known = narrow_.find(names(way));
        expected.push_back(known == narrow_.end() ? 0 : known->second.value());
        if (known != narrow_.end())  // one more as well: the way may have become a little wider
            sizes.insert(sizes.end(), {expected.back(), expected.back() + 1});
        sizes.push_back(promised);
        probes.push_back(probe_of(way, std::move(sizes)));
    }
    FLATLAN_TRY(answered, send(probes));
    std::vector<Way> suspects;
    for (std::size_t i = 0; i < ways.size(); ++i) {
        if (answered[i] == promised) {
            if (narrow_.erase(names(ways[i])) == 0) continue;
            changed_.insert(ends_[ways[i].first].name);
            widened_.insert({ways[i].first, ways[i].second});
        } else if (answered[i] != 0 && answered[i] != expected[i]) {
            suspects.push_back(ways[i]);
        }
    }
    return suspects;
}

Result<void> PathWatch::measure(const std::vector<Way>& ways) {
    Open open;
    for (const Way& way : ways)
        open.push_back({way, {least(way), options_.promised.value()}});
    while (!open.empty()) {
        std::vector<PathProbe> probes;
        for (const auto& [way, bracket] : open)
            probes.push_back(probe_of(way, bracket.sizes()));
        FLATLAN_TRY(answered, send(probes));
        Open rest;
        for (std::size_t i = 0; i < open.size(); ++i) {
            auto [way, bracket] = open[i];
            if (answered[i] == 0) continue;  // broken, or on its way to be
            bracket.narrow(answered[i]);
            if (bracket.is_known())
                set_narrow(way, UnderlayMtu{bracket.least});
            else
                rest.emplace_back(way, bracket);
        }
        open = std::move(rest);
    }
    return success();
}

void PathWatch::set_narrow(const Way& way, UnderlayMtu mtu) {
    const auto known = narrow_.find(names(way));
    if (known != narrow_.end() && known->second == mtu) return;
    narrow_.insert_or_assign(names(way), mtu);
    changed_.insert(ends_[way.first].name);
}

Result<void> PathWatch::report_changes() {
    while (!changed_.empty()) {
        const NodeName node = *changed_.begin();
        std::vector<tunnel::PathMtu> paths;
        for (const auto& [way, mtu] : narrow_)
            if (way.first == node) paths.push_back({way.second, mtu});
        // What fails is told again in the next round.
        FLATLAN_TRY_VOID(options_.report(node, std::move(paths)));
        changed_.erase(node);
    }
    return success();
}

}  // namespace flatlan::node
