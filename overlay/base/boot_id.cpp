#include "overlay/base/boot_id.hpp"

namespace flatlan {
namespace {

constexpr std::size_t kTextSize = 36;
constexpr unsigned kDigits = 32;

bool is_hyphen_place(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

}  // namespace

Result<BootId> BootId::from_text(std::string_view text) {
    const auto refused = [&] {
        return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no boot id"}
            .expecting("a UUID, such as 123e4567-e89b-12d3-a456-426614174000");
    };
    if (text.size() != kTextSize) return refused();
    BootId boot;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_hyphen_place(at)) {
            if (text[at] != '-') return refused();
            continue;
        }
        const int digit = hex_value(text[at]);
        if (digit < 0) return refused();
        boot.value_ = (boot.value_ << 4U) | static_cast<Uint128>(digit);
    }
    return boot;
}

std::string to_string(const BootId& boot) {
    std::string text;
    text.reserve(kTextSize);
    for (unsigned digit = 0; digit < kDigits; ++digit) {
        if (is_hyphen_place(text.size())) text += '-';
        const auto value =
            static_cast<unsigned>(boot.value_ >> (4U * (kDigits - 1 - digit))) & 0xfU;
        text += "0123456789abcdef"[value];
    }
    return text;
}

}  // namespace flatlan
