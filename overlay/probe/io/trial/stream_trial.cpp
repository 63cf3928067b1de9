#include <poll.h>

#include <algorithm>

#include "overlay/base/bytes.hpp"
#include "overlay/probe/io/datagrams.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/probe/io/trial/trials.hpp"

namespace flatlan::trial {
namespace {

/// One call sends as many; all of them fit the smallest queue on the way.
constexpr std::uint32_t kPackets = probe::kDatagramsMax;
constexpr Duration kPatience = std::chrono::milliseconds{300};
constexpr std::size_t kPacketBytes = Receipt::kStartBytes;

class StreamTrial {
public:
    StreamTrial(UdpFlow flow, std::uint64_t token) : flow_{std::move(flow)}, token_{token} {}

    Result<StreamSeen> run() {
        for (std::uint32_t number = 0; number < kPackets; ++number)
            write(outgoing_.add(flow_.destination, kPacketBytes), number);
        outgoing_.send(flow_.sender.get(), [](std::size_t, int) {});
        FLATLAN_TRY_VOID(receive());
        std::ranges::sort(receipts_, {}, &Receipt::place);
        for (const Receipt& receipt : receipts_)
            if (const auto number = number_of(receipt.start)) requests_.push_back(*number);
        return StreamSeen{.sent = kPackets,
                          .requests = Arrivals::of(requests_, kPackets),
                          .answers = Arrivals::of(answers_, kPackets)};
    }

private:
    Result<void> receive() {
        while (answers_.size() < kPackets) {
            FLATLAN_TRY(ready, wait_for(flow_.receiver, POLLIN, flow_.sender, POLLIN, kPatience));
            if (!ready[0] && !ready[1]) return success();
            if (ready[0]) answer();
            if (ready[1]) read(flow_.sender, answers_);
        }
        return success();
    }
    void write(std::span<std::byte> out, std::uint32_t number) const {
        ByteWriter to{out};
        to.u64(token_);
        to.u32(number);
    }
    std::optional<std::uint32_t> number_of(std::span<const std::byte> octets) const {
        ByteReader in{octets};
        const bool ours = in.u64() == token_;
        const std::uint32_t number = in.u32();
        if (in.truncated() || !ours || number >= kPackets) return std::nullopt;
        return number;
    }
    void answer() {
        for (const probe::Datagram& datagram : incoming_.receive(flow_.receiver.get())) {
            const auto number = number_of(datagram.octets);
            if (!number || !datagram.source) continue;
            requests_.push_back(*number);
            write(outgoing_.add(*datagram.source, kPacketBytes), *number);
        }
        outgoing_.send(flow_.receiver.get(), [](std::size_t, int) {});
    }
    void read(const UniqueFd& socket, std::vector<std::uint32_t>& numbers) {
        for (const probe::Datagram& datagram : incoming_.receive(socket.get())) {
            // A receipt begins as what it is for, and tells besides when that came.
            if (const auto number = number_of(datagram.octets)) numbers.push_back(*number);
            if (const auto receipt = Receipt::parse(datagram.octets); receipt && !flow_.receiver)
                receipts_.push_back(*receipt);
        }
        // An error would be reported again and again.
        static_cast<void>(incoming_.receive(socket.get(), MSG_ERRQUEUE));
    }

    UdpFlow flow_;
    std::uint64_t token_;
    probe::SendBatch outgoing_;
    probe::ReceiveBatch incoming_;
    std::vector<std::uint32_t> requests_;
    std::vector<std::uint32_t> answers_;
    std::vector<Receipt> receipts_;  ///< of a receiver on another machine
};

}  // namespace

Result<StreamSeen> try_stream(const TrialGround& ground, const Trial& trial, std::uint64_t token) {
    FLATLAN_TRY(flow, open_udp_flow(ground, trial));
    return StreamTrial{std::move(flow), token}.run();
}

}  // namespace flatlan::trial
