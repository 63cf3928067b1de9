#pragma once

#include "overlay/probe/io/trial/trial_sockets.hpp"
#include "overlay/probe/trial/path_mtu.hpp"
#include "overlay/probe/trial/stream.hpp"
#include "overlay/probe/trial/transfer.hpp"

/// The trials, one after the other on the calling thread, with sockets in the members' namespaces.
/// Errors: those of the tester itself, and not_found when a namespace or an address has vanished.
namespace flatlan::trial {

/// Sends packets that may not be cut, of the size that the sender's kernel believes the path to
/// carry, then one octet larger. Where the first vanish it looks for the size that passes.
Result<PathMtuSeen> try_path_mtu(const TrialGround& ground, const Trial& trial);

/// Sends a burst of small packets, each of which the receiver sends back. `token` tells them from
/// others'.
Result<StreamSeen> try_stream(const TrialGround& ground, const Trial& trial, std::uint64_t token);

/// Sends `octets` of the pattern through one connection and compares them as they come.
Result<TransferSeen> try_transfer(const TrialGround& ground, const Trial& trial,
                                  const Pattern& pattern, std::uint64_t octets);

}  // namespace flatlan::trial
