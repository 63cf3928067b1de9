#pragma once

#include <string>
#include <utility>

#include "overlay/base/result.hpp"
#include "tools/cni/version.hpp"

namespace flatlan::cni {

/// The number by which a runtime knows what went wrong. Up to 99 they are the specification's (8 is
/// libcni's); ours follow from 100 on. They are never given another meaning.
enum class Code : int {
    incompatible_version = 1,
    unsupported_field = 2,  ///< the message names key and value
    unknown_container = 3,
    invalid_environment = 4,  ///< the message names the variables
    io_failure = 5,           ///< also: no space is left where the leases are
    decoding_failure = 6,
    invalid_configuration = 7,
    invalid_namespace = 8,
    try_again_later = 11,
    not_available = 50,         ///< STATUS: ADD would not work
    limited_connectivity = 51,  ///< STATUS: and pods that are there may not be reached

    machine = 100,            ///< the kernel refused; its words are in the message
    node_file_damaged = 101,  ///< node.json is cut off or not what flatland writes
    node_file_newer = 102,    ///< node.json is of a newer flatland
    leases_damaged = 103,     ///< `flatlan ipam rebuild` makes the database anew
    leases_newer = 104,       ///< the database is of a newer flatland
    interface_exists = 105,   ///< ADD: CNI_IFNAME, or its address (`ipam.type`), is there already
    address_refused = 106,    ///< ADD: a wanted address is taken or not this node's
    check_failed = 107,       ///< CHECK: something is not as ADD left it
};

/// Why a call failed, as the runtime is told.
struct Failure {
    Code code = Code::machine;
    std::string message;  ///< one sentence
    std::string details;  ///< what would be right; may be empty

    Failure() = default;
    Failure(Code code_, std::string message_, std::string details_ = {})
        : code{code_}, message{std::move(message_)}, details{std::move(details_)} {}
    // Not explicit: an Error on its way out of a Result becomes what the runtime is told.
    // NOLINTNEXTLINE(google-explicit-constructor)
    Failure(const Error& error);
    Failure(Code code_, const Error& error);

    Failure within(std::string_view attempt) &&;
};

/// The JSON of the specification's error, with a line's end.
std::string to_json(const Failure& failure, Version version);

/// A value, or what the runtime is told instead. Goes with FLATLAN_TRY, also of a Result.
template <typename T>
using Outcome = boost::outcome_v2::basic_result<T, Failure, boost::outcome_v2::policy::terminate>;

}  // namespace flatlan::cni
