#pragma once

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan {

/// The kernel's log of packets of a network namespace (nfnetlink_log, group 0), this process's
/// alone meanwhile: the namespace's logger of both families is nfnetlink_log then. Which one it was
/// before stands in the names of empty tables of nftables, "flatlan-log-was-LOGGER" of `ip` and
/// `ip6`: where this process is killed, whoever takes the log next, or put_back_packet_log, puts it
/// back.
class PacketLog {
public:
    /// Whole messages of struct nfgenmsg come then, with so many octets of each packet at most.
    /// Error unavailable when another program has the log; then nothing has been changed.
    static Result<PacketLog> take(const Namespace& network, std::uint32_t packet_bytes);

    PacketLog(PacketLog&&) noexcept = default;
    PacketLog& operator=(PacketLog&&) = delete;
    /// Gives it back to whom it belonged.
    ~PacketLog();

    const UniqueFd& socket() const { return socket_; }

private:
    PacketLog(Namespace network, UniqueFd socket)
        : network_{std::move(network)}, socket_{std::move(socket)} {}

    Namespace network_;
    UniqueFd socket_;
};

/// Puts back what a process that was killed has left, and says whether there was anything. Nothing
/// while a process has the log. Costs one exchange with the kernel where there is no packet filter.
Result<bool> put_back_packet_log(const Namespace& network);

}  // namespace flatlan
