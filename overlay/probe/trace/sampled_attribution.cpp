#include "overlay/probe/trace/sampled_attribution.hpp"

#include <algorithm>
#include <array>

#include "overlay/probe/trace/breadth.hpp"
#include "overlay/probe/trace/explanation_of.hpp"

namespace flatlan::trace {
namespace {

using probe::Explanation;
using probe::Failure;
using probe::Verdict;

/// Whether a command has the address in it by itself, and not as the beginning of a prefix.
bool names(const std::string& command, const IpAddress& address) {
    const std::string text = to_string(address);
    const std::string host = "/" + std::to_string(address_bits(address.family()));
    for (auto at = command.find(text); at != command.npos; at = command.find(text, at + 1)) {
        const std::string_view rest = std::string_view{command}.substr(at + text.size());
        const bool begins = at == 0 || command[at - 1] == ' ';
        const bool ends = rest.empty() || rest.starts_with(' ') || rest.starts_with(host);
        if (begins && ends) return true;
    }
    return false;
}

bool can_trace(const Failure& failure) {
    const Verdict verdict = failure.finding.verdict;
    return verdict != Verdict::pod_missing &&
           (verdict != Verdict::tester_overloaded || failure.evidence.overloaded);
}

}  // namespace

Attribution SampledAttribution::explain(std::span<const Failure> failures) {
    Attribution attribution;
    attribution.of_failure.assign(failures.size(), nullptr);
    for (std::size_t i = 0; i < failures.size() && may_trace(); ++i) {
        if (attribution.of_failure[i] != nullptr || !can_trace(failures[i])) continue;
        if (const auto found = trace(failures[i])) spread(*found, failures, i, attribution);
    }
    return attribution;
}

std::optional<Explanation> SampledAttribution::trace(const Failure& failure) {
    ++traces_;
    const auto report = trace_(member(failure.pair.from), member(failure.pair.to), failure.lane);
    if (!report) {
        const ErrorCode code = report.error().code();
        if (code == ErrorCode::not_found || code == ErrorCode::invalid_argument)
            ++fruitless_;
        else
            trouble_ = report.error().to_string();
        return std::nullopt;
    }
    // All may be well by now.
    if (report.value().delivered() || report.value().verdict == Verdict::unknown) ++fruitless_;
    if (report.value().delivered()) return std::nullopt;
    return explanation_of(report.value());
}

void SampledAttribution::spread(const Explanation& wanted, std::span<const Failure> failures,
                                std::size_t traced, Attribution& attribution) const {
    const Failure& example = failures[traced];
    const auto known = std::ranges::find(attribution.texts, wanted);
    const bool by_others_too = known != attribution.texts.end();
    const Explanation* const why =
        by_others_too ? &*known : &attribution.texts.emplace_back(wanted);
    attribution.of_failure[traced] = why;
    const auto end = end_in(why->mend, example);
    const bool of_a_pod = !why->hop.starts_with("node/");
    for (std::size_t i = traced + 1; i < failures.size(); ++i) {
        const Failure& other = failures[i];
        if (attribution.of_failure[i] != nullptr || !can_trace(other)) continue;
        if (other.finding.verdict != example.finding.verdict || !passes(other.pair, why->hop) ||
            !is_taken_too(why->verdict, example.lane, other.lane))
            continue;
        if (end && other.pair.from != *end && other.pair.to != *end) continue;
        if (of_a_pod || by_others_too || between_the_same_nodes(example.pair, other.pair))
            attribution.of_failure[i] = why;
    }
}

bool SampledAttribution::passes(const probe::Pair& pair, const std::string& hop) const {
    return std::ranges::any_of(std::array{pair.from, pair.to}, [&](probe::MemberId id) {
        const probe::Member& end = member(id);
        return end.name == hop || (end.node && "node/" + end.node->text() == hop);
    });
}

bool SampledAttribution::between_the_same_nodes(const probe::Pair& one,
                                                const probe::Pair& other) const {
    const auto nodes = [&](const probe::Pair& pair) {
        return std::minmax(member(pair.from).node, member(pair.to).node);
    };
    return nodes(one) == nodes(other);
}

std::optional<probe::MemberId> SampledAttribution::end_in(const std::string& mend,
                                                          const Failure& failure) const {
    for (const probe::MemberId id : {failure.pair.from, failure.pair.to})
        if (const auto address = member(id).addresses.find(failure.lane.family);
            address && names(mend, *address))
            return id;
    return std::nullopt;
}

}  // namespace flatlan::trace
