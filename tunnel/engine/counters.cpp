#include "tunnel/engine/counters.hpp"

#include <numeric>

namespace flatlan::tunnel {

std::uint64_t Counters::packets() const {
    return std::accumulate(dropped.begin(), dropped.end(),
                           sent_packets + received_packets + answered);
}

Counters& Counters::operator+=(const Counters& other) {
    sent_packets += other.sent_packets;
    sent_octets += other.sent_octets;
    received_packets += other.received_packets;
    received_octets += other.received_octets;
    answered += other.answered;
    for (std::size_t i = 0; i < dropped.size(); ++i)
        dropped[i] += other.dropped[i];
    errors_sent += other.errors_sent;
    errors_withheld += other.errors_withheld;
    return *this;
}

}  // namespace flatlan::tunnel
