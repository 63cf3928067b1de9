#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "overlay/base/check.hpp"
#include "tunnel/wire/drop_reason.hpp"

namespace flatlan::tunnel {

/// What reading a packet gave: a value, or the reason for which the packet is dropped. Bad packets
/// are everyday, so unlike an Error the reason is one octet and is counted, not printed.
template <typename T>
class [[nodiscard]] Parsed {
public:
    constexpr Parsed(T value)  // NOLINT(google-explicit-constructor)
        : value_{std::move(value)} {}
    constexpr Parsed(DropReason reason)  // NOLINT(google-explicit-constructor)
        : reason_{reason} {}

    constexpr explicit operator bool() const { return value_.has_value(); }
    /// Asked of a failed one it aborts.
    constexpr const T& operator*() const& {
        FLATLAN_CHECK(value_.has_value());
        return *value_;
    }
    constexpr T&& operator*() && {
        FLATLAN_CHECK(value_.has_value());
        return std::move(*value_);
    }
    constexpr const T* operator->() const { return &**this; }
    /// Why there is no value; there must be none.
    constexpr DropReason reason() const {
        FLATLAN_CHECK(!value_.has_value());
        return reason_;
    }

    friend constexpr bool operator==(const Parsed&, const Parsed&) = default;

private:
    std::optional<T> value_;
    DropReason reason_{};
};

}  // namespace flatlan::tunnel
