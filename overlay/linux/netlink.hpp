#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink_batch.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan {

/// A routing socket of the kernel (rtnetlink(7)). It belongs to the network namespace in which it
/// was opened and works on that one wherever its user goes. Strict: a request that the kernel does
/// not wholly understand fails, and errors carry the kernel's own text. Not for two threads at
/// once.
class Netlink {
public:
    /// Of the calling thread's network namespace.
    static Result<Netlink> open();
    /// Of the namespace `network`.
    static Result<Netlink> open_in(const Namespace& network);

    /// What is called with an answer that is no acknowledgement.
    using Reader = std::function<void(const NetlinkMessageView&)>;

    /// Carries out all requests, in order, in as few system calls as fit. On failure the error
    /// names the first request that failed, with the kernel's errno and text; requests before it
    /// are done and requests after it may be: the caller undoes the whole.
    Result<void> execute(const NetlinkBatch& batch);
    /// The same for requests that are answered with a message each (RTM_GETLINK of one name and its
    /// like), which `read` is called with, in order.
    Result<void> execute(const NetlinkBatch& batch, const Reader& read);

    /// Asks for a whole table and returns what `parse` makes of each entry; entries that it gives
    /// nothing for are left out. A dump that the kernel calls inconsistent, because the table
    /// changed meanwhile, is repeated; error unavailable when it never holds still.
    template <typename Parse>
    auto dump(const NetlinkMessage& request, const char* attempt, Parse parse) -> Result<
        std::vector<typename std::invoke_result_t<Parse, const NetlinkMessageView&>::value_type>> {
        std::vector<typename std::invoke_result_t<Parse, const NetlinkMessageView&>::value_type>
            entries;
        FLATLAN_TRY_VOID(dump_messages(
            request, attempt, [&] { entries.clear(); },
            [&](const NetlinkMessageView& message) {
                if (auto entry = parse(message)) entries.push_back(std::move(*entry));
            }));
        return entries;
    }

    /// For waiting, and for who reads events; still owned here.
    int fd() const { return socket_.get(); }
    /// The number by which the kernel knows this socket within its namespace (nl_pid of
    /// netlink(7)).
    std::uint32_t port_id() const;

private:
    Netlink(UniqueFd socket, std::size_t receive_bytes)
        : socket_{std::move(socket)}, receive_bytes_{receive_bytes} {}

    Result<void> dump_messages(const NetlinkMessage& request, const char* attempt,
                               const std::function<void()>& restart, const Reader& read);
    /// False when the kernel called the dump inconsistent.
    Result<bool> read_dump(const char* attempt, const Reader& read);
    Result<void> execute_together(const NetlinkBatch& batch,
                                  std::span<const NetlinkBatch::Request> requests,
                                  const Reader& read);
    Result<void> send_octets(std::span<const std::byte> octets);

    UniqueFd socket_;
    std::size_t receive_bytes_;  // what the kernel keeps for us while we do not read
    std::uint32_t sequence_ = 0;
};

/// Carries out what `append` puts into a batch.
template <typename Append>
Result<void> execute_appended(Netlink& netlink, Append append) {
    NetlinkBatch batch;
    append(batch);
    return netlink.execute(batch);
}

}  // namespace flatlan
