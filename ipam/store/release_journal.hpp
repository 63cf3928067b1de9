#pragma once

#include <filesystem>
#include <functional>

#include "ipam/lease.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::ipam {

/// Releases that are still to be made, because the database could not be opened or written when
/// their pods went: one key a line in a text file beside it. Whoever next changes the database
/// makes them first.
class ReleaseJournal {
public:
    explicit ReleaseJournal(std::filesystem::path file) : file_{std::move(file)} {}

    /// On the disk when it returns; a failed call leaves no trace.
    Result<void> add(const LeaseKey& key);
    /// Whether there is nothing to do; asks the file's size and no more.
    bool empty() const;
    /// Hands every key to `release` and empties the journal once that has succeeded. May be done
    /// again after a crash: a release of what is gone is none. Lines that are no keys are passed
    /// over.
    Result<void> drain(const std::function<Result<void>(const std::vector<LeaseKey>&)>& release);

private:
    std::filesystem::path file_;
};

}  // namespace flatlan::ipam
