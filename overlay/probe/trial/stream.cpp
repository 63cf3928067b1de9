#include "overlay/probe/trial/stream.hpp"

#include "overlay/base/check.hpp"

namespace flatlan::trial {

using probe::Property;
using probe::Verdict;

Arrivals Arrivals::of(std::span<const std::uint32_t> numbers, std::uint32_t count) {
    Arrivals arrivals;
    std::vector<bool> seen(count);
    std::uint32_t greatest = 0;
    for (const std::uint32_t number : numbers) {
        FLATLAN_CHECK(number < count);
        if (seen[number]) {
            ++arrivals.twice;
            continue;
        }
        seen[number] = true;
        ++arrivals.came;
        if (number < greatest) ++arrivals.overtaken;
        greatest = std::max(greatest, number);
    }
    return arrivals;
}

std::optional<Shortcoming> judge(const StreamSeen& seen) {
    const std::string of_all = " of " + std::to_string(seen.sent) + " ";
    if (seen.requests.came < seen.sent || seen.answers.came < seen.requests.came) {
        const std::uint32_t requests = seen.sent - seen.requests.came;
        const std::uint32_t answers = seen.requests.came - seen.answers.came;
        return Shortcoming{{Property::none_lost, Verdict::loss},
                           std::to_string(requests) + of_all + "packets did not arrive, nor did " +
                               std::to_string(answers) + " of " +
                               std::to_string(seen.requests.came) + " answers",
                           true};
    }
    if (seen.requests.twice + seen.answers.twice > 0)
        return Shortcoming{{Property::once, Verdict::unknown},
                           std::to_string(seen.requests.twice) + of_all +
                               "packets came twice, and " + std::to_string(seen.answers.twice) +
                               " answers did"};
    if (seen.requests.overtaken + seen.answers.overtaken > 0)
        return Shortcoming{{Property::in_order, Verdict::unknown},
                           std::to_string(seen.requests.overtaken) + of_all +
                               "packets came after later ones, and " +
                               std::to_string(seen.answers.overtaken) + " answers did"};
    return std::nullopt;
}

}  // namespace flatlan::trial
