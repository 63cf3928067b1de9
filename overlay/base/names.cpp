#include "overlay/base/names.hpp"

#include <algorithm>

namespace flatlan {
namespace {

constexpr std::size_t kLabelSizeMax = 63;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

bool is_dns_label(std::string_view text) {
    return !text.empty() && text.size() <= kLabelSizeMax && is_alphanumeric(text.front()) &&
           is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanumeric(c) || c == '-';
           });
}

namespace detail {

Error not_a_label(std::string_view what, std::string_view text) {
    return Error{ErrorCode::invalid_argument,
                 std::string{what} + " '" + std::string{text} + "' is no DNS label"}
        .expecting("1 to 63 lower-case letters, digits and hyphens, no hyphen at either end");
}

}  // namespace detail

Result<PodName> PodName::from(std::string_view pod_namespace, std::string_view name) {
    if (!is_dns_label(pod_namespace)) return detail::not_a_label("namespace", pod_namespace);
    if (!is_dns_label(name)) return detail::not_a_label("pod name", name);
    return PodName{std::string{pod_namespace}, std::string{name}};
}

Result<PodName> PodName::from_text(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return from(kDefaultNamespace, text);
    return from(text.substr(0, slash), text.substr(slash + 1));
}

std::string to_string(const PodName& pod) { return pod.pod_namespace() + "/" + pod.name(); }

std::string to_short_string(const PodName& pod) {
    return pod.pod_namespace() == PodName::kDefaultNamespace ? pod.name() : to_string(pod);
}

}  // namespace flatlan
