#include "overlay/pod/sandbox/link_alias.hpp"

#include <algorithm>

namespace flatlan::pod {
namespace {

constexpr std::size_t kLabelSizeMax = 63;
constexpr std::size_t kSubdomainSizeMax = 253;

bool is_letter_or_digit(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= kLabelSizeMax && is_letter_or_digit(text.front()) &&
           is_letter_or_digit(text.back()) && std::ranges::all_of(text, [](char letter) {
               return is_letter_or_digit(letter) || letter == '-';
           });
}

bool is_subdomain(std::string_view text) {
    if (text.size() > kSubdomainSizeMax) return false;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('.', begin), text.size());
        if (!is_label(text.substr(begin, end - begin))) return false;
        begin = end + 1;
    }
    return true;
}

}  // namespace

bool is_kubernetes_pod(std::string_view text) {
    const std::size_t slash = text.find('/');
    return slash != text.npos && is_label(text.substr(0, slash)) &&
           is_subdomain(text.substr(slash + 1));
}

std::string to_text(const LinkAlias& alias) {
    if (alias.lease_key.size() > kAliasSizeMax) return {};
    const std::string both = alias.lease_key + " " + alias.pod;
    return alias.pod.empty() || both.size() > kAliasSizeMax ? alias.lease_key : both;
}

LinkAlias link_alias_from_text(std::string_view text) {
    const std::size_t space = std::min(text.find(' '), text.size());
    LinkAlias alias{.lease_key = std::string{text.substr(0, space)}};
    const std::string_view pod = text.substr(std::min(space + 1, text.size()));
    if (is_kubernetes_pod(pod)) alias.pod = pod;
    return alias;
}

}  // namespace flatlan::pod
