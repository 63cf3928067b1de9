#include "overlay/lab/path_watch.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

namespace flatlan::lab {
namespace {

constexpr int kRoundMs = 1000;
constexpr std::size_t kWaysPerRoundMin = 64;
constexpr std::size_t kRoundsForAll = 4;
/// Narrow ways that are probed again in a round.
constexpr std::size_t kRecheckedPerRound = 64;
/// How many sizes are tried at once; so three times are enough for any octet below 65,536.
constexpr std::uint32_t kSizesAtOnce = 40;
/// What every link passes (RFC 791; RFC 8200, section 5); below it a way is broken.
constexpr std::uint32_t kLeastIpv4 = 68;
constexpr std::uint32_t kLeastIpv6 = 1280;

/// A way's size lies from `least` on and below `most`.
struct Bracket {
    std::uint32_t least;
    std::uint32_t most;
    bool known() const { return most - least <= 1; }
    std::uint32_t step() const { return (most - least + kSizesAtOnce - 1) / kSizesAtOnce; }
};

}  // namespace

Result<std::unique_ptr<PathWatch>> PathWatch::start(UnderlayMtu promised, Ends ends,
                                                    Report report) {
    UniqueFd stop{eventfd(0, EFD_CLOEXEC)};
    if (!stop) return Error::from_errno(errno, "watch the underlay's ways");
    return std::unique_ptr<PathWatch>{
        new PathWatch{std::move(stop), promised, std::move(ends), std::move(report)}};
}

PathWatch::PathWatch(UniqueFd stop, UnderlayMtu promised, Ends ends, Report report)
    : stop_{std::move(stop)},
      promised_{promised},
      get_ends_{std::move(ends)},
      report_{std::move(report)},
      thread_{[this] { run(); }} {}

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
            spdlog::warn("the underlay's ways cannot be watched: {}", trouble);
    }
}

Result<void> PathWatch::look() {
    FLATLAN_TRY(ends, get_ends_());
    ends_ = std::move(ends);
    if (ends_.size() < 2) return success();
    FLATLAN_TRY(suspects, find_failing(next_ways()));
    if (!suspects.empty()) {
        FLATLAN_TRY(again, find_failing(suspects));  // a packet may be lost for any reason
        const auto all = ways_of_ends(again);
        FLATLAN_TRY(failing, find_failing({all.begin(), all.end()}));
        FLATLAN_TRY_VOID(measure(failing));
    }
    return report_changes();
}

std::vector<PathWatch::Way> PathWatch::next_ways() {
    const std::size_t nodes = ends_.size();
    const std::size_t count =
        std::min(nodes, std::max(kWaysPerRoundMin, (nodes + kRoundsForAll - 1) / kRoundsForAll));
    std::vector<Way> ways;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t from = (round_ * count + i) % nodes;
        ways.emplace_back(from, (from + 1 + round_ % (nodes - 1)) % nodes);
    }
    ++round_;

    std::map<NodeName, std::size_t> index;
    for (std::size_t i = 0; i < nodes; ++i)
        index.emplace(ends_[i].name, i);
    std::size_t rechecked = 0;
    for (auto at = narrow_.begin(); at != narrow_.end();) {
        const auto from = index.find(at->first.first);
        const auto to = index.find(at->first.second);
        if (from == index.end() || to == index.end()) {
            at = narrow_.erase(at);
            continue;
        }
        if (rechecked++ < kRecheckedPerRound) ways.emplace_back(from->second, to->second);
        ++at;
    }
    return ways;
}

std::set<PathWatch::Way> PathWatch::ways_of_ends(const std::vector<Way>& ways) const {
    std::set<std::size_t> touched;
    for (const auto& [from, to] : ways)
        if (!narrow_.contains(names({from, to}))) touched.insert({from, to});
    std::set<Way> all;
    for (const std::size_t node : touched)
        for (std::size_t other = 0; other < ends_.size(); ++other)
            if (other != node) all.insert({{node, other}, {other, node}});
    return all;
}

PathProbe PathWatch::probe(const Way& way, std::vector<std::uint32_t> sizes) const {
    const PathEnd& from = ends_[way.first];
    return {&from.network, from.endpoint, ends_[way.second].endpoint, std::move(sizes)};
}

Result<std::vector<PathWatch::Way>> PathWatch::find_failing(const std::vector<Way>& ways) {
    std::vector<PathProbe> probes;
    for (const Way& way : ways)
        probes.push_back(probe(way, {promised_.value()}));
    FLATLAN_TRY(answered, send_probes(probes, stop_.get()));
    std::vector<Way> failing;
    for (std::size_t i = 0; i < ways.size(); ++i) {
        if (answered[i] == 0)
            failing.push_back(ways[i]);
        else if (narrow_.erase(names(ways[i])) > 0)
            changed_.insert(ends_[ways[i].first].name);
    }
    return failing;
}

Result<void> PathWatch::measure(const std::vector<Way>& ways) {
    std::vector<std::pair<Way, Bracket>> open;
    for (const Way& way : ways)
        open.push_back(
            {way,
             {ends_[way.first].endpoint.is_ipv4() ? kLeastIpv4 : kLeastIpv6, promised_.value()}});
    while (!open.empty()) {
        std::vector<PathProbe> probes;
        for (const auto& [way, bracket] : open) {
            std::vector<std::uint32_t> sizes;
            for (std::uint32_t size = bracket.least; size < bracket.most; size += bracket.step())
                sizes.push_back(size);
            probes.push_back(probe(way, std::move(sizes)));
        }
        FLATLAN_TRY(answered, send_probes(probes, stop_.get()));
        std::vector<std::pair<Way, Bracket>> rest;
        for (std::size_t i = 0; i < open.size(); ++i) {
            auto [way, bracket] = open[i];
            if (answered[i] == 0) continue;  // broken, or on its way to be
            bracket = {answered[i], std::min(answered[i] + bracket.step(), bracket.most)};
            if (!bracket.known()) {
                rest.push_back({way, bracket});
                continue;
            }
            const UnderlayMtu mtu{bracket.least};
            const auto known = narrow_.find(names(way));
            if (known != narrow_.end() && known->second == mtu) continue;
            narrow_.insert_or_assign(names(way), mtu);
            changed_.insert(ends_[way.first].name);
        }
        open = std::move(rest);
    }
    return success();
}

Result<void> PathWatch::report_changes() {
    while (!changed_.empty()) {
        const NodeName node = *changed_.begin();
        std::vector<tunnel::PathMtu> paths;
        for (const auto& [way, mtu] : narrow_)
            if (way.first == node) paths.push_back({way.second, mtu});
        // What fails is told again in the next round.
        FLATLAN_TRY_VOID(report_(node, std::move(paths)));
        changed_.erase(node);
    }
    return success();
}

}  // namespace flatlan::lab
