#include "tools/daemon/span_text.hpp"

#include <array>
#include <charconv>

namespace flatlan::daemon {
namespace {

constexpr std::uint64_t kSecondsMax = 3'155'760'000;  // a hundred years

struct Unit {
    char letter;
    std::uint64_t seconds;
};
constexpr std::array kUnits{Unit{'d', 86'400}, Unit{'h', 3'600}, Unit{'m', 60}, Unit{'s', 1}};

Error no_span(std::string_view text) {
    return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no span of time"}
        .expecting("as in 90s, 15m, 1h30m or 2d");
}

}  // namespace

Result<Duration> span_from_text(std::string_view text) {
    std::uint64_t sum = 0;
    std::string_view rest = text;
    // From the largest unit on, each at most once.
    for (const Unit& unit : kUnits) {
        std::uint64_t count = 0;
        const auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
        if (failed != std::errc{} || end == rest.data() + rest.size() || *end != unit.letter)
            continue;
        if (count > kSecondsMax / unit.seconds) return no_span(text);
        sum += count * unit.seconds;
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
    }
    if (text.empty() || !rest.empty() || sum == 0 || sum > kSecondsMax) return no_span(text);
    return Duration{std::chrono::seconds{sum}};
}

std::string span_text(Duration span) {
    auto left =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(span).count());
    std::string text;
    unsigned units = 0;
    for (const Unit& unit : kUnits) {
        const std::uint64_t count = left / unit.seconds;
        left %= unit.seconds;
        if ((count == 0 && (!text.empty() || unit.letter != 's')) || units == 2) continue;
        text += std::to_string(count) + unit.letter;
        ++units;
    }
    return text;
}

}  // namespace flatlan::daemon
