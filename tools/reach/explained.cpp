#include "tools/reach/explained.hpp"

#include <algorithm>

namespace flatlan::reach {
namespace {

/// A transfer that stops because large packets vanish has the same cause as these.
void share_explanations(std::span<const probe::Failure> failures, trace::Attribution& found) {
    for (std::size_t i = 0; i < found.of_failure.size(); ++i) {
        const probe::Finding stopped{probe::Property::content_kept, probe::Verdict::mtu_black_hole};
        if (failures[i].finding != stopped) continue;
        const auto vanished = std::ranges::find_if(failures, [&](const probe::Failure& other) {
            return other.finding.property == probe::Property::largest_arrives &&
                   other.pair == failures[i].pair && other.lane.family == failures[i].lane.family;
        });
        if (vanished == failures.end()) continue;
        const auto place = static_cast<std::size_t>(vanished - failures.begin());
        if (found.of_failure[place] != nullptr) found.of_failure[i] = found.of_failure[place];
    }
}

}  // namespace

Result<Causes> causes_of(std::span<const probe::Member> members, const probe::Plan& plan,
                         std::vector<probe::Failure>& failures, const Explain& explain) {
    trace::Attribution found;
    if (explain && !failures.empty()) {
        FLATLAN_TRY(explained, explain(failures));
        found = std::move(explained);
        share_explanations(failures, found);
    }
    for (std::size_t i = 0; i < found.of_failure.size(); ++i) {
        const probe::Explanation*& why = found.of_failure[i];
        if (why == nullptr) continue;
        probe::Verdict& verdict = failures[i].finding.verdict;
        // Who finds nothing on the way says less than what the ends saw.
        if (why->verdict == probe::Verdict::unknown && verdict != probe::Verdict::unknown)
            why = nullptr;
        else
            verdict = why->verdict;
    }
    return Causes{probe::find_causes(members, plan, failures, found.of_failure), found.untraced};
}

}  // namespace flatlan::reach
