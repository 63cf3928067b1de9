#include "overlay/base/ip_prefix.hpp"

#include <charconv>

namespace flatlan {

Result<IpPrefix> IpPrefix::from(const IpAddress& address, unsigned length_bits) {
    const std::string text = flatlan::to_string(address) + "/" + std::to_string(length_bits);
    const unsigned length_max = address_bits(address.family());
    if (length_bits > length_max)
        return Error{ErrorCode::invalid_argument, "prefix '" + text + "' is too long"}.expecting(
            "a length of at most " + std::to_string(length_max));
    const IpPrefix prefix = containing(address, length_bits);
    if (prefix.address() != address)
        return Error{ErrorCode::invalid_argument, "prefix '" + text + "' has host bits set"}
            .expecting(flatlan::to_string(prefix));
    return prefix;
}

Result<IpPrefix> IpPrefix::from_text(std::string_view text) {
    const auto not_a_prefix = [&] {
        return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no prefix"}
            .expecting("ADDRESS/LENGTH, such as 10.244.0.0/16 or fd00:10:244::/56");
    };
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return not_a_prefix();
    const auto address = IpAddress::from_text(text.substr(0, slash));
    const std::string_view digits = text.substr(slash + 1);
    unsigned length_bits = 0;
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), length_bits);
    if (!address || digits.empty() || failed != std::errc{} || end != digits.data() + digits.size())
        return not_a_prefix();
    return from(address.value(), length_bits);
}

std::string to_string(const IpPrefix& prefix) {
    return to_string(prefix.address()) + "/" + std::to_string(prefix.length_bits());
}

}  // namespace flatlan
