#include "overlay/probe/io/capture/capture_session.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "overlay/linux/link.hpp"
#include "overlay/probe/io/epoll.hpp"

namespace flatlan::capture {
namespace {

/// Of one source, before the others have their turn.
constexpr std::size_t kPacketsPerTurn = 256;

}  // namespace

Result<CaptureSession> CaptureSession::open(std::span<const CapturePlace> places,
                                            const PacketFilter& filter) {
    std::vector<Source> sources;
    for (const CapturePlace& place : places) {
        auto capture = trace::PacketCapture::open(place.network, &filter);
        if (!capture) return std::move(capture).error().within("capture on " + place.name);
        sources.push_back({.place = &place, .capture = std::move(capture).value()});
    }
    return CaptureSession{std::move(sources)};
}

Result<CaptureTotals> CaptureSession::run(const CaptureEnd& end, const Listener& listener) {
    std::optional<Instant> deadline;
    if (end.after) deadline = probe::monotonic_now() + *end.after;
    while (!end.packets || totals_.packets < *end.packets) {
        FLATLAN_TRY(going_on, wait(end, deadline));
        FLATLAN_TRY_VOID(deliver(read_all(), end, listener));
        if (!going_on) break;
    }
    for (Source& source : sources_)
        totals_.lost += source.capture.count_lost();
    return totals_;
}

Result<bool> CaptureSession::wait(const CaptureEnd& end,
                                  const std::optional<Instant>& deadline) const {
    std::vector<pollfd> waiting;
    for (const Source& source : sources_)
        waiting.push_back({source.capture.fd(), POLLIN, 0});
    waiting.push_back({end.interrupt_fd, POLLIN, 0});  // none at all when it is negative
    int timeout_ms = -1;
    if (deadline) {
        const auto left = std::max(*deadline - probe::monotonic_now(), Duration{0});
        constexpr std::int64_t kTimeoutMaxMs = 3'600'000;
        timeout_ms = static_cast<int>(std::min<std::int64_t>(
            std::chrono::ceil<std::chrono::milliseconds>(left).count(), kTimeoutMaxMs));
    }
    if (::poll(waiting.data(), waiting.size(), timeout_ms) < 0 && errno != EINTR)
        return Error::from_errno(errno, "wait for packets");
    const bool interrupted = waiting.back().revents != 0;
    return !interrupted && !(deadline && probe::monotonic_now() >= *deadline);
}

std::vector<CaptureSession::Waiting> CaptureSession::read_all() {
    std::vector<Waiting> waiting;
    for (Source& source : sources_)
        for (std::size_t turn = 0; turn < kPacketsPerTurn; ++turn) {
            auto frame = source.capture.next();
            if (!frame) break;
            waiting.push_back({&source, std::move(*frame)});
        }
    std::ranges::stable_sort(waiting, {}, [](const Waiting& each) { return each.frame.at; });
    return waiting;
}

Result<void> CaptureSession::deliver(std::vector<Waiting> waiting, const CaptureEnd& end,
                                     const Listener& listener) {
    for (Waiting& each : waiting) {
        if (end.packets && totals_.packets == *end.packets) break;
        ++totals_.packets;
        FLATLAN_TRY_VOID(listener(
            {each.source->place->name, name_of(*each.source, each.frame.device), each.frame}));
    }
    return success();
}

const std::string& CaptureSession::name_of(Source& source, IfIndex device) {
    if (const auto known = source.devices.find(device); known != source.devices.end())
        return known->second;
    if (auto netlink = Netlink::open_in(source.place->network))
        if (const auto links = list_links(netlink.value()))
            for (const Link& link : links.value())
                source.devices.insert_or_assign(link.index, link.name.text());
    return source.devices.emplace(device, "#" + std::to_string(device.value())).first->second;
}

}  // namespace flatlan::capture
