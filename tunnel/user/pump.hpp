#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "tunnel/engine/engine.hpp"
#include "tunnel/user/busy_poll.hpp"
#include "tunnel/user/packet_device.hpp"
#include "tunnel/user/pod_writer.hpp"
#include "tunnel/user/udp_receiver.hpp"
#include "tunnel/user/udp_sender.hpp"

namespace flatlan::tunnel {

/// Which work the kernel shares with one queue now.
struct Offloads {
    bool tcp_uncut = false;      ///< TCP comes from the pods uncut (TSO)
    bool udp_uncut = false;      ///< UDP too (USO)
    bool cut_by_kernel = false;  ///< datagrams leave joined (UDP_SEGMENT)
    bool joined = false;         ///< datagrams arrive joined (UDP_GRO)
    bool tcp_joined = false;     ///< TCP is handed to the pods joined
    bool udp_joined = false;     ///< UDP too
    friend bool operator==(const Offloads&, const Offloads&) = default;
};

/// What a pump is made of.
struct PumpParts {
    std::unique_ptr<PacketDevice> device;
    UniqueFd receiver;
    std::vector<UniqueFd> senders;
    EngineSettings settings;
    Port port;
    OverlayMtu mtu;
};

/// One queue of the tunnel: a thread that carries packets between the pods' side and the underlay
/// as an engine decides, until it is destroyed. It allocates nothing for a packet.
class Pump {
public:
    /// The thread starts at once.
    static Result<std::unique_ptr<Pump>> start(PumpParts parts);
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;
    ~Pump();

    /// Engine::configure, between two packets; `mtu` is the flat network's.
    Result<void> configure(const EngineSettings& settings, OverlayMtu mtu,
                           std::span<const Peer> peers);
    Counters counters();
    /// Of one peer; nothing when no peer has the endpoint.
    std::optional<Counters> find_counters(const IpAddress& endpoint);
    Offloads offloads();

private:
    Pump(PumpParts parts, UniqueFd epoll, UniqueFd wake);

    void run();
    /// Gives the processor away for a moment, or finds that this is the time to sleep: false.
    bool look_again();
    void wait();
    /// Calls `task` on the thread, between two packets.
    void call(const std::function<void()>& task);
    void take_task();

    /// What there is to carry now is one packet, or more.
    void count_single(bool alone, std::size_t size_bytes);
    bool carry_outwards();
    bool carry_inwards();
    void send(Instant now, const DevicePacket& packet);
    void send_exactly(Instant now, const Segments& segments);
    void receive(Instant now, const ReceivedMessage& message);
    void receive_exactly(Instant now, std::span<const std::byte> datagram, const Arrival& arrival);
    void carry_out(const ActionBatch& batch);

    static constexpr std::size_t kPoolBuffers = 80;  // a packet and its fragments, with room
    static constexpr std::size_t kPacketBytesMax = 66'000;
    static constexpr std::size_t kSingleBytesMax = 2'000;  // what is larger is a train
    static constexpr std::uint32_t kSinglesTrusted = 4;

    std::unique_ptr<PacketDevice> device_;
    PacketPool pool_;
    Engine engine_;
    UdpReceiver receiver_;
    UdpSender sender_;
    PodWriter writer_;
    BusyPoll busy_poll_;
    bool outwards_next_ = true;
    std::uint32_t singles_ = 0;  ///< so many times in a row there was one packet to carry
    UniqueFd epoll_;
    UniqueFd wake_;

    std::mutex mutex_;
    std::condition_variable task_done_;
    const std::function<void()>* task_ = nullptr;
    std::atomic<bool> task_waits_ = false;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace flatlan::tunnel
