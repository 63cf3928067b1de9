#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ipam/lease.hpp"
#include "ipam/node_pool.hpp"

namespace flatlan::ipam {

/// A change that many processes ask of one database at once, so that whoever has the turn can carry
/// it out for another.
struct LeaseRequest {
    enum class Verb : std::uint8_t { allocate = 1, release = 2 };

    Verb verb;
    LeaseKey key;
    AddressRequest wanted{};  ///< of an allocation
};

/// What came of it.
struct LeaseAnswer {
    IpAddresses addresses{};  ///< given, or released; none where there was nothing to release
    std::int64_t change = 0;  ///< its number (LeaseTables::generation); 0 where nothing changed
};

/// As octets of a file that processes of one machine share.
constexpr std::size_t kLeaseAnswerBytes = 32;
void write(const LeaseAnswer& answer, std::span<std::byte, kLeaseAnswerBytes> out);
/// Empty for octets that are no answer.
std::optional<LeaseAnswer> parse_answer(std::span<const std::byte, kLeaseAnswerBytes> octets);

/// The longest key has three parts, two slashes and an interface's name of 15.
constexpr std::size_t kLeaseRequestBytesMax = 640;
void write(const LeaseRequest& request, std::span<std::byte, kLeaseRequestBytesMax> out);
/// Empty for octets that are no request.
std::optional<LeaseRequest> parse_request(std::span<const std::byte, kLeaseRequestBytesMax> octets);

}  // namespace flatlan::ipam
