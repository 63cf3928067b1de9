#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/registry/mirror.hpp"

namespace flatlan::daemon {

/// How long a cluster's test takes at most, and so the longest that anything of it stays in the
/// registry after whoever wrote it has died.
inline constexpr Duration kTestLongest = std::chrono::seconds{90};

/// The records of one test, as they come. One thread's.
class RunRecords {
public:
    /// Whatever waits ends with the error interrupted once `ended` says so, or once the record
    /// `anchor` (none where empty) is gone, with which whoever asks for the test says that it still
    /// does.
    RunRecords(registry::Registry& registry, std::string root, std::function<bool()> ended,
               std::string anchor = {})
        : root_{std::move(root)},
          mirror_{registry, root_},
          ended_{std::move(ended)},
          anchor_{std::move(anchor)} {}

    const std::string& root() const { return root_; }
    /// Takes in what has changed, and waits for that at most so long.
    Result<void> poll(Duration timeout);
    /// Waits until `holds`. False when that did not come before `deadline` (CLOCK_MONOTONIC).
    Result<bool> wait(const std::function<bool()>& holds, Instant deadline);
    /// What stands under the key, once something does. Error timed_out.
    Result<std::string> await(const std::string& key, Instant deadline);

    bool has(const std::string& key) const { return mirror_.records().contains(key); }
    /// Null when nothing stands there.
    const std::string* find(const std::string& key) const;
    /// All whose key begins so.
    std::vector<std::string> all(std::string_view prefix) const;

private:
    std::string root_;
    registry::Mirror mirror_;
    std::function<bool()> ended_;
    std::string anchor_;
};

}  // namespace flatlan::daemon
