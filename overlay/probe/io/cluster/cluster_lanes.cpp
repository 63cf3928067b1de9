#include "overlay/probe/io/cluster/cluster_lanes.hpp"

#include <algorithm>

#include "overlay/probe/io/cluster/lane_thread.hpp"
#include "overlay/probe/io/epoll.hpp"

namespace flatlan::probe {

ClusterLanes::ClusterLanes(const ClusterPart& part) : part_{part} {}

ClusterLanes::~ClusterLanes() = default;

Result<PortSheet> ClusterLanes::open() {
    for (const Lane& lane : part_.plan.lanes)
        lanes_.push_back(std::make_unique<LaneThread>(part_, lane));
    PortSheet all;
    std::optional<Error> failed;
    for (const auto& lane : lanes_) {
        auto sheet = lane->opened();
        if (!sheet) {
            if (!failed) failed = std::move(sheet).error();
            continue;
        }
        std::ranges::move(sheet.value().servers, std::back_inserter(all.servers));
        std::ranges::move(sheet.value().faults, std::back_inserter(all.faults));
    }
    if (failed) return std::move(*failed);
    return all;
}

void ClusterLanes::start(const std::set<NodeName>& ready, const std::vector<PortSheet>& sheets) {
    others_.emplace(part_.field.carrier);
    began_ = monotonic_now();
    for (const auto& lane : lanes_)
        lane->start({ready, sheets});
}

bool ClusterLanes::has_sent() const {
    return std::ranges::all_of(lanes_, [](const auto& lane) { return lane->has_sent(); });
}

ClusterLanes::Sent ClusterLanes::take_sent() {
    Sent all;
    for (const auto& lane : lanes_) {
        Sent sent = lane->take_sent();
        std::ranges::move(sent.notes.checks, std::back_inserter(all.notes.checks));
        all.summary.checks += sent.summary.checks;
        all.summary.retried += sent.summary.retried;
        all.summary.duplicates += sent.summary.duplicates;
        all.summary.stalled += sent.summary.stalled;
        all.summary.run_delay += sent.summary.run_delay;
        if (all.summary.trouble.empty()) all.summary.trouble = sent.summary.trouble;
    }
    if (all.summary.run_delay.is_late()) others_->watch_long_enough();
    all.summary.run_delay += others_->so_far();
    return all;
}

Notes ClusterLanes::stop() {
    Notes notes;
    for (const auto& lane : lanes_)
        lane->stop();
    for (const auto& lane : lanes_)
        lane->add_seen(notes);
    notes.stalled = stalls_.longest_since(began_);
    return notes;
}

}  // namespace flatlan::probe
