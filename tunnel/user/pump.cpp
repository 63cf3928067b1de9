#include "tunnel/user/pump.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace flatlan::tunnel {
namespace {

Instant monotonic_now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
    return Instant::from_nanoseconds(time.tv_sec * kNanosecondsPerSecond + time.tv_nsec);
}

Result<void> watch(const UniqueFd& epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return Error::from_errno(errno, "watch a descriptor");
    return success();
}

/// Signals are for the program's other threads.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

Result<std::unique_ptr<Pump>> Pump::start(PumpParts parts) {
    UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return Error::from_errno(errno, "make an epoll descriptor");
    UniqueFd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!wake) return Error::from_errno(errno, "make an event descriptor");
    for (const int fd : {parts.device->fd(), parts.receiver.get(), wake.get()})
        FLATLAN_TRY_VOID(watch(epoll, fd));
    std::unique_ptr<Pump> pump{new Pump{std::move(parts), std::move(epoll), std::move(wake)}};
    const SignalsBlocked blocked;
    try {
        pump->thread_ = std::thread{[&self = *pump] { self.run(); }};
    } catch (const std::system_error& error) {
        return Error::from_errno(error.code().value(), "start a thread for a queue of the tunnel");
    }
    return pump;
}

Pump::Pump(PumpParts parts, UniqueFd epoll, UniqueFd wake)
    : device_{std::move(parts.device)},
      pool_{kPoolBuffers, kPacketBytesMax + Engine::kHeadRoomBytes},
      engine_{monotonic_now(), std::move(parts.settings), pool_},
      receiver_{std::move(parts.receiver)},
      sender_{std::move(parts.senders), parts.port, engine_},
      writer_{*device_, engine_, parts.mtu},
      epoll_{std::move(epoll)},
      wake_{std::move(wake)} {}

Pump::~Pump() {
    if (!thread_.joinable()) return;
    call([this] { stop_ = true; });
    thread_.join();
}

void Pump::call(const std::function<void()>& task) {
    std::unique_lock lock{mutex_};
    task_done_.wait(lock, [this] { return task_ == nullptr; });
    task_ = &task;
    task_waits_.store(true, std::memory_order_release);
    FLATLAN_CHECK(::eventfd_write(wake_.get(), 1) == 0);
    task_done_.wait(lock, [&] { return task_ != &task; });
}

void Pump::take_task() {
    const std::lock_guard lock{mutex_};
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(wake_.get(), &count));
    (*task_)();
    task_ = nullptr;
    task_waits_.store(false, std::memory_order_relaxed);
    task_done_.notify_all();
}

Result<void> Pump::configure(const EngineSettings& settings, OverlayMtu mtu,
                             std::span<const Peer> peers) {
    Result<void> done = success();
    call([&] {
        done = engine_.configure(settings, peers);
        if (done) writer_.set_mtu(mtu);
    });
    return done;
}

Counters Pump::counters() {
    Counters counted;
    call([&] { counted = engine_.counters(); });
    return counted;
}

std::optional<Counters> Pump::find_counters(const IpAddress& endpoint) {
    std::optional<Counters> counted;
    call([&] {
        if (const Counters* found = engine_.find_counters(endpoint)) counted = *found;
    });
    return counted;
}

Offloads Pump::offloads() {
    Offloads offloads;
    call([&] {
        offloads = {.tcp_uncut = device_->leaves_tcp_uncut(),
                    .udp_uncut = device_->leaves_udp_uncut(),
                    .cut_by_kernel = sender_.cuts(),
                    .joined = receiver_.joins(),
                    .tcp_joined = writer_.kinds().tcp,
                    .udp_joined = writer_.kinds().udp};
    });
    return offloads;
}

void Pump::run() {
    constexpr int kSides = 2;
    int in_vain = 0;
    while (!stop_) {
        if (task_waits_.load(std::memory_order_acquire)) take_task();
        // Both sides are tried, not asked for with epoll: that call costs as much as a try that is
        // in vain. An answer comes from where the packet went, so that side is the next.
        const bool carried = outwards_next_ ? carry_outwards() : carry_inwards();
        outwards_next_ = !outwards_next_;
        if (carried) {
            in_vain = 0;
            busy_poll_.worked(monotonic_now());
            // Packets that come one by one are waited for, perhaps on this processor.
            if (singles_ >= kSinglesTrusted) static_cast<void>(look_again());
        } else if (++in_vain == kSides) {
            in_vain = 0;
            if (!stop_ && !look_again()) wait();
        }
    }
}

bool Pump::look_again() {
    const Instant before = monotonic_now();
    if (!busy_poll_.wants_another_look(before)) return false;
    ::sched_yield();
    busy_poll_.yielded(before, monotonic_now());
    return true;
}

void Pump::wait() {
    const Instant before = monotonic_now();
    std::array<epoll_event, 3> events{};
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    busy_poll_.slept(before, monotonic_now());
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd != wake_.get()) outwards_next_ = event.data.fd == device_->fd();
        if (event.data.fd == device_->fd() && (event.events & EPOLLIN) == 0 &&
            !device_->clear_error())
            static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, device_->fd(), nullptr));
    }
}

void Pump::count_single(bool alone, std::size_t size_bytes) {
    singles_ = alone && size_bytes <= kSingleBytesMax ? singles_ + 1 : 0;
}

bool Pump::carry_outwards() {
    const auto packets = device_->receive();
    if (packets.empty()) return false;
    count_single(packets.size() == 1, packets.front().packet.size());
    const Instant now = monotonic_now();
    for (const DevicePacket& packet : packets)
        send(now, packet);
    sender_.flush();
    writer_.flush();
    return true;
}

void Pump::send(Instant now, const DevicePacket& packet) {
    const auto segments = Segments::from(packet.packet, packet.offload);
    if (!segments) {
        engine_.count_dropped(std::nullopt, segments.reason(), 1);
        return;
    }
    if (const auto way = engine_.find_way_out(packet.packet, segments->size_bytes_max()))
        sender_.add(*way, *segments);
    else
        send_exactly(now, *segments);
}

void Pump::send_exactly(Instant now, const Segments& segments) {
    for (std::size_t i = 0; i < segments.count(); ++i) {
        auto packet = pool_.take(Engine::kHeadRoomBytes);
        if (!packet || packet->tail_room_bytes() < segments.size_bytes(i)) {
            engine_.count_dropped(std::nullopt, DropReason::no_buffer, 1);
            continue;
        }
        segments.write(i, packet->append(segments.size_bytes(i)));
        carry_out(engine_.handle_from_pod(now, std::move(*packet)));
    }
}

bool Pump::carry_inwards() {
    const std::size_t count = receiver_.receive();
    if (count == 0) return false;
    count_single(count == 1, receiver_.message(0).octets.size());
    const Instant now = monotonic_now();
    for (std::size_t i = 0; i < count; ++i)
        receive(now, receiver_.message(i));
    writer_.flush();
    sender_.flush();
    return true;
}

void Pump::receive(Instant now, const ReceivedMessage& message) {
    const Arrival arrival{message.from, message.traffic_class};
    const auto from = engine_.find_sender(message.from);
    auto rest = message.octets;
    do {
        auto datagram = rest.first(std::min(message.datagram_bytes, rest.size()));
        auto admission =
            from ? engine_.find_admission(datagram, *from, message.traffic_class) : std::nullopt;
        std::size_t segment_bytes = 0;
        // A packet that was never cut (Train) may say how to cut it where else it would be said
        // that datagrams were joined.
        if (!admission && from && message.joined && rest.size() == message.octets.size()) {
            admission = engine_.find_admission(rest, *from, message.traffic_class);
            if (admission) {
                datagram = rest;
                segment_bytes = message.datagram_bytes;
            }
        }
        if (admission)
            writer_.add(*admission, *from, segment_bytes);
        else
            receive_exactly(now, datagram, arrival);
        rest = rest.subspan(datagram.size());
    } while (!rest.empty());
}

void Pump::receive_exactly(Instant now, std::span<const std::byte> datagram,
                           const Arrival& arrival) {
    auto buffer = pool_.take_copy(Engine::kHeadRoomBytes, datagram);
    if (!buffer) {
        engine_.count_dropped(engine_.find_sender(arrival.from), DropReason::no_buffer, 1);
        return;
    }
    carry_out(engine_.handle_from_underlay(now, std::move(*buffer), arrival));
}

void Pump::carry_out(const ActionBatch& batch) {
    for (const Action& action : batch) {
        if (const Transmit* transmit = std::get_if<Transmit>(&action)) sender_.add(*transmit);
        if (const Deliver* deliver = std::get_if<Deliver>(&action)) writer_.add(*deliver);
    }
}

}  // namespace flatlan::tunnel
