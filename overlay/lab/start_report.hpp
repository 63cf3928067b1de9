#pragma once

#include <optional>
#include <utility>

#include "overlay/base/result.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {

/// What a supervisor tells the process that started it: any number of steps, then that the lab runs
/// or why it does not. The channel ends with the starter, so a supervisor whose starter is gone
/// gives up.
class StartReporter {
public:
    explicit StartReporter(UniqueFd channel) : channel_{std::move(channel)} {}

    /// Error unavailable when the starter is gone.
    Result<void> step(const Progress& progress) const;
    Result<void> running() const;
    /// Nobody may be there to hear it: the log has it too.
    void failed(const Error& error) const;
    /// After the last word: the starter waits for no more.
    void close() { channel_.reset(); }

private:
    Result<void> send(const std::string& message) const;
    UniqueFd channel_;
};

/// One thing that a supervisor told.
struct StartReport {
    std::optional<Progress> step;
    std::optional<Error> failure;
    bool running = false;
};

/// The starter's end: `fd` becomes readable with each report.
class StartListener {
public:
    explicit StartListener(UniqueFd channel) : channel_{std::move(channel)} {}

    int fd() const { return channel_.get(); }
    /// The next report; nothing when the supervisor is gone without a last word.
    Result<std::optional<StartReport>> receive() const;

private:
    UniqueFd channel_;
};

Result<std::pair<UniqueFd, UniqueFd>> make_start_channel();

}  // namespace flatlan::lab
