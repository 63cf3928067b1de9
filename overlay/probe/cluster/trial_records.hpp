#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/probe/cluster/page_writer.hpp"
#include "overlay/probe/trial/far_end.hpp"
#include "overlay/probe/trial/report.hpp"

/// What the machines of a test tell each other of its trials, as records
/// (overlay/control/records.hpp, with the same errors; corrupt also for places of members that are
/// not below `members`).
namespace flatlan::probe {

/// What is to be tried once the checks have come out. Each node tries what its members send.
struct TrialCall {
    std::uint64_t seed = 0;  ///< of tokens and contents, the same everywhere
    std::vector<trial::Trial> trials;
    friend bool operator==(const TrialCall&, const TrialCall&) = default;
};
std::string to_record(const TrialCall& call);
/// Error corrupt also where the two ends of a trial have no address of its family.
Result<TrialCall> trial_call_from_record(std::string_view text, std::span<const Member> members);

/// Of a covering choice there are not more (trial::kCoveringMax, both families).
inline constexpr std::size_t kClusterTrialsMax =
    trial::kCoveringMax * 2 * trial::kTrialKinds.size();

/// The doors of a node's members.
std::string to_record(const std::vector<trial::Door>& doors);
Result<std::vector<trial::Door>> doors_from_record(std::string_view text, std::size_t members);

/// What came of a node's trials. What a failed one saw is cut to some hundred letters.
std::vector<std::string> to_pages(const trial::TrialReport& report,
                                  std::size_t page_max_bytes = kNotePageMaxBytes);
/// Adds a page to what other nodes, or other pages, told.
Result<void> add_page(std::string_view page, std::size_t members, trial::TrialReport& report);

}  // namespace flatlan::probe
