#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "overlay/lab/api_message.hpp"

namespace flatlan::lab {

/// What came back over a lab's socket, and who sent it.
struct ApiAnswer {
    std::string body;
    pid_t supervisor = 0;  ///< its process id, as this process sees it (SO_PEERCRED)
};

/// One exchange with the supervisor that listens on `socket_path`. A refusal comes back as the
/// Error that it tells. Errors: unavailable when nobody listens or the connection ends before the
/// answer, forbidden for a socket of another user's, timed_out when connection, question and answer
/// took more than `patience`; without that it waits as long as it takes.
Result<ApiAnswer> ask(const std::string& socket_path, const ApiRequest& request,
                      std::optional<std::chrono::milliseconds> patience = std::nullopt);

}  // namespace flatlan::lab
