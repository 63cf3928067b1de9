#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/probe/cluster/check_note.hpp"
#include "overlay/probe/cluster/page_writer.hpp"

namespace flatlan::probe {

/// What one node has to tell of a test: as its senders' machine or as its receivers'.
struct Notes {
    struct Seen {
        Lane lane;
        Pair pair;
        friend constexpr auto operator<=>(const Seen&, const Seen&) = default;
    };
    std::vector<CheckNote> checks;
    std::vector<Seen> seen;  ///< requests that arrived as they were sent; of receivers alone
    /// For how long at a time the machine's tester could not run during the test (StallWatch), at
    /// the worst.
    Duration stalled{};
};

/// The notes as records of at most `page_max_bytes` each. What was seen is a row of bits for each
/// receiver and lane, one for each of the `members`.
std::vector<std::string> to_pages(const Notes& notes, std::size_t members,
                                  std::size_t page_max_bytes = kNotePageMaxBytes);
/// Adds a page to what is known. Errors as of records, and corrupt for places beyond `members`.
Result<void> add_page(std::string_view page, std::size_t members, Notes& notes);

}  // namespace flatlan::probe
