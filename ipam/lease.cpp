#include "ipam/lease.hpp"

#include <algorithm>

#include "overlay/base/network_values.hpp"

namespace flatlan::ipam {
namespace {

constexpr std::string_view kLettersAndDigits =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_letter_or_digit(char c) { return kLettersAndDigits.find(c) != std::string_view::npos; }

Error not_a_name(std::string_view what, std::string_view text) {
    return Error{ErrorCode::invalid_argument,
                 std::string{what} + " '" + std::string{text} + "' cannot be used"}
        .expecting("a letter or digit, then letters, digits, '_', '.' or '-', at most " +
                   std::to_string(LeaseKey::kPartSizeMax));
}

}  // namespace

bool is_cni_name(std::string_view text) {
    return !text.empty() && text.size() <= LeaseKey::kPartSizeMax &&
           is_letter_or_digit(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-';
           });
}

Result<LeaseKey> LeaseKey::from(std::string_view network, std::string_view container,
                                std::string_view interface) {
    if (!is_cni_name(network)) return not_a_name("network name", network);
    if (!is_cni_name(container)) return not_a_name("container id", container);
    FLATLAN_TRY(name, InterfaceName::from(interface));
    std::string text;
    text.reserve(network.size() + container.size() + interface.size() + 2);
    text.append(network).append("/").append(container).append("/").append(name.text());
    return LeaseKey{std::move(text)};
}

LeaseKey LeaseKey::of_node(const NodeName& node) {
    return LeaseKey{std::string{kNodeMark} + node.text()};
}

Result<LeaseKey> LeaseKey::from_text(std::string_view text) {
    if (text.starts_with(kNodeMark)) {
        FLATLAN_TRY(node, NodeName::from(text.substr(kNodeMark.size())));
        return of_node(node);
    }
    const std::size_t first = text.find('/');
    const std::size_t second = first == text.npos ? text.npos : text.find('/', first + 1);
    if (second == text.npos)
        return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no lease key"}
            .expecting("NETWORK/CONTAINER/INTERFACE or node:NAME");
    return from(text.substr(0, first), text.substr(first + 1, second - first - 1),
                text.substr(second + 1));
}

std::string text_of(const IpAddresses& addresses) {
    std::string text;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = addresses.find(family))
            text += (text.empty() ? "" : " and ") + to_string(*address);
    return text;
}

std::string_view LeaseKey::node() const {
    return is_node() ? std::string_view{text_}.substr(kNodeMark.size()) : std::string_view{};
}

std::string_view LeaseKey::part(unsigned index) const {
    if (is_node()) return {};
    std::string_view rest = text_;
    for (; index > 0; --index)
        rest.remove_prefix(rest.find('/') + 1);
    return rest.substr(0, rest.find('/'));
}

}  // namespace flatlan::ipam
