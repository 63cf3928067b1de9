#include <algorithm>

#include "overlay/node/path_watch.hpp"

// What a watch finds out of ways: which pass less than they should, and how much.
namespace flatlan::node {
namespace {

using probe::PathProbe;
using probe::SizeBracket;

/// What every link passes (RFC 791; RFC 8200, section 5); below it a way is broken.
constexpr std::uint32_t kLeastIpv4 = 68;
constexpr std::uint32_t kLeastIpv6 = 1280;
/// Of one probe: what other ways were measured to pass.
constexpr std::size_t kFoundMax = 8;

}  // namespace

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

/// Where a way is known to be narrow, or ways were measured in this round, one octet more as well:
/// it may pass a little more.
std::vector<std::uint32_t> PathWatch::sizes_for(const Way& way) const {
    std::vector<std::uint32_t> sizes{least(way)};
    const auto add = [&](std::uint32_t passed) {
        for (const std::uint32_t size : {passed, passed + 1})
            if (size < full().value()) sizes.push_back(size);
    };
    if (const auto known = narrow_.find(names(way)); known != narrow_.end())
        add(known->second.value());
    else
        for (const std::uint32_t passed : found_)
            add(passed);
    sizes.push_back(full().value());
    return sizes;
}

Result<std::vector<PathWatch::Way>> PathWatch::find_suspects(const std::vector<Way>& ways) {
    std::vector<PathProbe> probes;
    for (const Way& way : ways)
        probes.push_back(probe_of(way, sizes_for(way)));
    FLATLAN_TRY(answered, send(probes));
    std::vector<Way> suspects;
    for (std::size_t i = 0; i < ways.size(); ++i) {
        const auto known = narrow_.find(names(ways[i]));
        if (answered[i] == full().value()) {
            if (known == narrow_.end()) continue;
            narrow_.erase(known);
            changed_.insert(ends_[ways[i].first].name);
            widened_.insert({ways[i].first, ways[i].second});
        } else if (answered[i] == 0 ||
                   (known != narrow_.end() && answered[i] == known->second.value())) {
            continue;
        } else if (known == narrow_.end() && found_.contains(answered[i])) {
            set_narrow(ways[i], UnderlayMtu{answered[i]});
        } else {
            suspects.push_back(ways[i]);
        }
    }
    return suspects;
}

Result<void> PathWatch::measure(const std::vector<Way>& ways) {
    Open open;
    for (const Way& way : ways)
        open.push_back({way, {least(way), full().value()}});
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

void PathWatch::adopt_known() {
    for (const tunnel::PathMtu& path : std::exchange(options_.known, {})) {
        if (ceiling_ && path.mtu >= *ceiling_) continue;
        narrow_.insert_or_assign({ends_[sources_.front()].name, path.node}, path.mtu);
    }
}

void PathWatch::set_narrow(const Way& way, UnderlayMtu mtu) {
    if (found_.size() < kFoundMax) found_.insert(mtu.value());
    const auto known = narrow_.find(names(way));
    if (known != narrow_.end() && known->second == mtu) return;
    narrow_.insert_or_assign(names(way), mtu);
    changed_.insert(ends_[way.first].name);
}

Result<void> PathWatch::report_changes() {
    while (!changed_.empty()) {
        const NodeName node = *changed_.begin();
        // What fails is told again in the next round.
        FLATLAN_TRY_VOID(options_.report(node, narrow_paths_of(node)));
        changed_.erase(node);
    }
    return success();
}

std::vector<tunnel::PathMtu> PathWatch::narrow_paths_of(const NodeName& node) const {
    std::map<NodeName, UnderlayMtu> passed;
    for (const auto& [way, mtu] : narrow_)
        if (way.first == node) passed.emplace(way.second, std::min(mtu, full()));
    if (ceiling_)
        for (const PathEnd& end : ends_)
            if (end.name != node) passed.emplace(end.name, *ceiling_);
    std::vector<tunnel::PathMtu> paths;
    for (const auto& [peer, mtu] : passed)
        paths.push_back({peer, mtu});
    return paths;
}

}  // namespace flatlan::node
