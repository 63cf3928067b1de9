#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/linux/pcap/packet_filter.hpp"
#include "overlay/probe/io/trace/packet_capture.hpp"

namespace flatlan::capture {

/// Where packets are captured: on all devices of a network namespace.
struct CapturePlace {
    std::string name;  ///< "default/web", "node/n1"
    const Namespace& network;
};

/// A packet as one device saw it.
struct CapturedPacket {
    const std::string& place;
    const std::string& device;
    const trace::CapturedFrame& frame;
};

/// When a capture ends, whatever comes first; on nothing at all it goes on.
struct CaptureEnd {
    std::optional<std::uint64_t> packets{};
    std::optional<Duration> after{};
    int interrupt_fd = -1;  ///< readable when somebody wants it to end
};

/// What a capture saw.
struct CaptureTotals {
    std::uint64_t packets = 0;
    std::uint64_t lost = 0;  ///< the kernel dropped them since they were not read in time
};

/// Captures on several places at once.
class CaptureSession {
public:
    /// The places must outlive it. Error forbidden without CAP_NET_RAW over a namespace.
    static Result<CaptureSession> open(std::span<const CapturePlace> places,
                                       const PacketFilter& filter);

    /// Hands over each packet until the end, those that are read together by time. `listener`
    /// may end it with an error.
    using Listener = std::function<Result<void>(const CapturedPacket&)>;
    Result<CaptureTotals> run(const CaptureEnd& end, const Listener& listener);

private:
    struct Source {
        const CapturePlace* place;
        trace::PacketCapture capture;
        std::map<IfIndex, std::string> devices{};
    };
    struct Waiting {
        Source* source;
        trace::CapturedFrame frame;
    };

    explicit CaptureSession(std::vector<Source> sources) : sources_{std::move(sources)} {}

    /// False when the end has come.
    Result<bool> wait(const CaptureEnd& end, const std::optional<Instant>& deadline) const;
    std::vector<Waiting> read_all();
    Result<void> deliver(std::vector<Waiting> waiting, const CaptureEnd& end,
                         const Listener& listener);
    /// Its name, or its number when it is gone.
    static const std::string& name_of(Source& source, IfIndex device);

    std::vector<Source> sources_;
    CaptureTotals totals_;
};

}  // namespace flatlan::capture
