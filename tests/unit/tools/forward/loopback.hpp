#pragma once

#include <mutex>
#include <string>
#include <thread>

#include "tools/forward/forwarder.hpp"

/// Connections over this machine's loopback, for tests of what carries them. Every wait has an end:
/// what does not come within it fails the test that needs it.
namespace flatlan::forward {

/// A socket that listens at 127.0.0.1, at a port that the kernel chose.
class Server {
public:
    Server();
    Endpoint at() const { return at_; }
    /// The next connection; none when none comes.
    UniqueFd accept() const;
    /// Whether there is one that has not been taken.
    bool has_waiting() const;
    /// From now on whoever connects is refused.
    void close() { socket_.reset(); }

private:
    UniqueFd socket_;
    Endpoint at_;
};

/// Blocks no longer than some seconds; `receive_buffer_bytes` where it is to be small.
UniqueFd connect_to(const Endpoint& at, int receive_buffer_bytes = 0);
void send_all(const UniqueFd& socket, std::string_view text);
/// Sends no more, and says so.
void end_sending(const UniqueFd& socket);
/// Closes with RST instead of FIN.
void reset(UniqueFd socket);
/// So many octets; fewer when the other side ends before.
std::string receive(const UniqueFd& socket, std::size_t count);
/// All until the other side ends; "RESET" behind it when that is by a reset, "LATE" when nothing
/// came for long.
std::string receive_all(const UniqueFd& socket);
/// How many descriptors this process has open.
std::size_t open_descriptors();

/// A Forwarder on a thread of its own, with a listener whose connections go to `ways` in turn.
class RunningForwarder {
public:
    explicit RunningForwarder(std::vector<Endpoint> ways, ForwarderLimits limits = {});
    ~RunningForwarder();

    UniqueFd connect(int receive_buffer_bytes = 0) const {
        return connect_to(at_, receive_buffer_bytes);
    }
    /// What could not be connected, in words; waits until there are so many.
    std::vector<std::string> failures(std::size_t count);
    /// There is no way any more, for this reason.
    void break_ways(Error why);
    /// Ends it, as an interrupt does.
    void stop();

private:
    Result<std::optional<Way>> find_way(std::size_t number);

    std::vector<Endpoint> ways_;
    Endpoint at_;
    std::mutex mutex_;
    std::vector<std::string> failures_;
    std::optional<Error> broken_;
    UniqueFd interrupt_;
    std::optional<Forwarder> forwarder_;
    std::thread thread_;
};

}  // namespace flatlan::forward
