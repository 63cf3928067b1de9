#include "overlay/probe/cluster/words.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "overlay/control/record_text.hpp"

namespace flatlan::probe {
namespace {

using std::chrono::microseconds;

constexpr microseconds kSpanMax = std::chrono::hours{24};

}  // namespace

std::vector<std::string_view> split_words(std::string_view text, char separator) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t end = text.find(separator);
        words.push_back(text.substr(0, end));
        if (end == text.npos) return words;
        text.remove_prefix(end + 1);
    }
}

std::string_view family_word(IpFamily family) { return family == IpFamily::ipv4 ? "4" : "6"; }

std::optional<IpFamily> family_from_word(std::string_view word) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (family_word(family) == word) return family;
    return std::nullopt;
}

std::string member_word(MemberId member) { return std::to_string(member.value()); }

std::optional<MemberId> member_from_word(std::string_view word, std::size_t members) {
    const auto place = control::number(word);
    if (!place || *place >= members) return std::nullopt;
    return MemberId{static_cast<std::uint32_t>(*place)};
}

std::optional<Port> port_from_word(std::string_view word) {
    const auto port = control::number(word);
    if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
    return Port{static_cast<std::uint16_t>(*port)};
}

std::string span_word(Duration span) {
    return std::to_string(
        std::clamp(std::chrono::duration_cast<microseconds>(span), microseconds{0}, kSpanMax)
            .count());
}

std::optional<Duration> span_from_word(std::string_view word) {
    const auto count = control::number(word);
    if (!count || *count > static_cast<std::uint64_t>(kSpanMax.count())) return std::nullopt;
    return microseconds{static_cast<std::int64_t>(*count)};
}

std::string run_delay_words(const RunDelay& delay) {
    return span_word(delay.waited) + " " + span_word(delay.of) + " " + span_word(delay.others) +
           " " + span_word(delay.processors);
}

std::optional<RunDelay> run_delay_from_words(std::string_view words) {
    constexpr std::size_t kSpans = 4;
    const auto parts = split_words(words, ' ');
    if (parts.size() != kSpans) return std::nullopt;
    std::array<Duration, kSpans> spans{};
    for (std::size_t i = 0; i < kSpans; ++i) {
        const auto span = span_from_word(parts[i]);
        if (!span) return std::nullopt;
        spans[i] = *span;
    }
    return RunDelay{spans[0], spans[1], spans[2], spans[3]};
}

}  // namespace flatlan::probe
