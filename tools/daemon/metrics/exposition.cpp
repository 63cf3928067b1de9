#include "tools/daemon/metrics/exposition.hpp"

#include <array>
#include <charconv>

namespace flatlan::daemon {
namespace {

/// A line feed and a backslash are escaped everywhere, a quote in a label's value.
std::string escaped(std::string_view text, bool quoted) {
    std::string out;
    for (const char letter : text) {
        if (letter == '\n') {
            out += "\\n";
            continue;
        }
        if (letter == '\\' || (quoted && letter == '"')) out += '\\';
        out += letter;
    }
    return out;
}

template <typename Value>
std::string number(Value value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

}  // namespace

void Exposition::begin(std::string_view name, Type type, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + " " + escaped(help, false) + "\n# TYPE " + name_ +
             (type == Type::counter ? " counter\n" : " gauge\n");
}

void Exposition::add(const Labels& labels, std::uint64_t value) { add_text(labels, number(value)); }

void Exposition::add(const Labels& labels, double value) { add_text(labels, number(value)); }

void Exposition::add_text(const Labels& labels, std::string_view value) {
    text_ += name_;
    const char* before = "{";
    for (const auto& [label, content] : labels) {
        text_ += before + std::string{label} + "=\"" + escaped(content, true) + '"';
        before = ",";
    }
    if (!labels.empty()) text_ += '}';
    text_.append(" ").append(value).append("\n");
}

}  // namespace flatlan::daemon
