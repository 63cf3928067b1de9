#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"

namespace flatlan {

/// Whether the text is a DNS label as Kubernetes wants it (RFC 1123, section 2.1): 1 to 63
/// lower-case letters, digits and hyphens, beginning and ending with a letter or digit.
bool is_dns_label(std::string_view text);

namespace detail {

/// Error of `from` for a text that is no DNS label; `what` says which name it was to be.
Error not_a_label(std::string_view what, std::string_view text);

/// A name that is a DNS label; `Kind::kWhat` is the word for it in messages.
template <typename Kind>
class Name {
public:
    /// Error: invalid_argument.
    static Result<Name> from(std::string_view text) {
        if (!is_dns_label(text)) return not_a_label(Kind::kWhat, text);
        return Name{std::string{text}};
    }

    const std::string& text() const { return text_; }
    friend auto operator<=>(const Name&, const Name&) = default;

private:
    explicit Name(std::string text) : text_{std::move(text)} {}
    std::string text_;
};

/// Which name a Name is, and the word for it in messages.
struct LabNameKind {
    static constexpr std::string_view kWhat = "lab name";
};
/// As LabNameKind.
struct NodeNameKind {
    static constexpr std::string_view kWhat = "node name";
};

}  // namespace detail

/// The name of an emulated cluster.
using LabName = detail::Name<detail::LabNameKind>;
/// The name of a node, unique in its cluster.
using NodeName = detail::Name<detail::NodeNameKind>;

/// The name of a pod: a namespace in Kubernetes' sense and a name that is unique in it.
class PodName {
public:
    static constexpr std::string_view kDefaultNamespace = "default";

    /// Error invalid_argument when either is no DNS label.
    static Result<PodName> from(std::string_view pod_namespace, std::string_view name);
    /// "namespace/name", or "name" for the namespace `default`. Error: invalid_argument.
    static Result<PodName> from_text(std::string_view text);

    const std::string& pod_namespace() const { return namespace_; }
    const std::string& name() const { return name_; }
    friend auto operator<=>(const PodName&, const PodName&) = default;

private:
    PodName(std::string pod_namespace, std::string name)
        : namespace_{std::move(pod_namespace)}, name_{std::move(name)} {}
    std::string namespace_;
    std::string name_;
};

template <typename Kind>
std::string to_string(const detail::Name<Kind>& name) {
    return name.text();
}
/// "namespace/name", always both.
std::string to_string(const PodName& pod);
/// As people read it: "name" in the namespace `default`, "namespace/name" elsewhere.
std::string to_short_string(const PodName& pod);

}  // namespace flatlan

template <typename Kind>
struct std::hash<flatlan::detail::Name<Kind>> {
    std::size_t operator()(const flatlan::detail::Name<Kind>& name) const noexcept {
        return std::hash<std::string>{}(name.text());
    }
};
template <>
struct std::hash<flatlan::PodName> {
    std::size_t operator()(const flatlan::PodName& pod) const noexcept {
        return std::hash<std::string>{}(pod.pod_namespace()) * 31 +
               std::hash<std::string>{}(pod.name());
    }
};
