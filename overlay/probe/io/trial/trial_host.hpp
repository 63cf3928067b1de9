#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/trial/far_end.hpp"
#include "overlay/probe/trial/transfer.hpp"

namespace flatlan::trial {

/// The far end of other machines' trials: a door for each of some members, open until this is
/// destroyed, and a thread that answers at them: whoever sends, with 20 octets to each packet of at
/// least 12, and with 9 to what it reads at once of a transfer. It keeps nothing of what came.
class TrialHost {
public:
    /// Opens the doors; a member whose namespace or address has vanished has none. `seed` is that
    /// of the transfers' content, `octets` their length. The calling thread enters the members'
    /// namespaces and comes back.
    static Result<std::unique_ptr<TrialHost>> open(const probe::Field& field,
                                                   std::span<const DoorKey> wanted,
                                                   std::uint64_t seed, std::uint64_t octets);
    TrialHost(const TrialHost&) = delete;
    TrialHost& operator=(const TrialHost&) = delete;
    ~TrialHost() { over_ = true; }

    const std::vector<Door>& doors() const { return doors_; }

private:
    TrialHost(probe::Epoll epoll, std::uint64_t seed, std::uint64_t octets);
    Result<void> open_door(const probe::Field& field, NamespaceScope& scope, const DoorKey& of);
    void run();
    void receipt_all(std::size_t door);
    void accept_all(std::size_t door);
    void read_transfer(int socket);

    /// One that somebody has begun at a door.
    struct Transfer {
        UniqueFd socket;
        Progress progress;
    };

    probe::Epoll epoll_;
    Pattern pattern_;
    std::uint64_t octets_;
    std::vector<std::byte> buffer_;
    std::vector<Door> doors_;
    std::vector<UniqueFd> udp_;  ///< as `doors_`
    std::vector<UniqueFd> tcp_;  ///< the same
    std::vector<std::uint32_t> places_;
    std::unordered_map<int, Transfer> transfers_;  ///< by descriptor
    std::atomic<bool> over_ = false;
    std::jthread thread_;
};

}  // namespace flatlan::trial
