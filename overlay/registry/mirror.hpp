#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overlay/registry/registry.hpp"

namespace flatlan::registry {

/// A copy of every record under a prefix, kept up to date by a watch. It closes a watch's gap by
/// reading all records again, so whoever follows its changes sees each record's last state,
/// whatever happened to the connection. Where it shows what was written at some revision, it shows
/// whatever was written before, however many pages it had to read.
class Mirror {
public:
    using Records = std::map<std::string, Record, std::less<>>;

    /// `on_ready` as with Registry::watch; it is not called before the first `poll`.
    Mirror(Registry& registry, std::string prefix, std::function<void()> on_ready = {})
        : registry_{registry}, prefix_{std::move(prefix)}, on_ready_{std::move(on_ready)} {}

    /// Brings the copy up to date and says what has changed in it since the last call: by the
    /// first call all that there is, later what the registry reports within `timeout`. After an
    /// error the copy is as before, and the next call tries again.
    Result<std::vector<Event>> poll(Duration timeout);

    /// By key.
    const Records& records() const { return copy_.records; }
    /// Whether everything has been read at least once.
    bool is_filled() const { return readings_ > 0; }
    /// How often everything was read: once, and once more for each gap.
    std::uint64_t readings() const { return readings_; }

private:
    struct Copy {
        Records records;
        Revision handled;  ///< what happened up to this one is in it
        /// Takes the events over, but for those that a later page had shown already and those that
        /// come a second time; says which.
        std::vector<Event> apply(std::vector<Event> events);
    };

    Result<std::vector<Event>> read_all();
    Result<Copy> read_pages();

    Registry& registry_;
    std::string prefix_;
    std::function<void()> on_ready_;
    std::unique_ptr<Watch> watch_;
    Copy copy_;
    std::uint64_t readings_ = 0;
};

}  // namespace flatlan::registry
