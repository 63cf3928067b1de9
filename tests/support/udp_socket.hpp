#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "overlay/base/network_values.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::support {

/// A UDP socket inside a network namespace, to see whether packets pass and whose they are. It
/// never fragments: what is too large is refused.
class UdpSocket {
public:
    /// Bound to `address` and `port`, or a port that the kernel chooses. Throws when that fails.
    UdpSocket(const Namespace& network, const IpAddress& address, Port port = Port::any());

    /// For options; still owned here.
    int fd() const { return socket_.get(); }
    /// Where it can be reached.
    Endpoint endpoint() const;
    /// Hands one datagram to the kernel. Empty when it took it, else the kernel's words.
    std::string send(const Endpoint& to, std::string_view text);

    struct Datagram {
        Endpoint from;
        std::string text;
    };
    /// The next datagram, or nothing when none came in time.
    std::optional<Datagram> receive(std::chrono::milliseconds within = std::chrono::seconds{5});

private:
    UniqueFd socket_;
};

/// Whether a datagram comes from one to the other and back, each end seeing the other's own
/// address and port. Empty when all is so, else what was not.
std::string exchange(UdpSocket& one, UdpSocket& other);

}  // namespace flatlan::support
