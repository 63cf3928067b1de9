#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/result.hpp"

namespace flatlan {

/// Names one boot of one machine, as the kernel does in /proc/sys/kernel/random/boot_id: a UUID
/// that changes with every boot. What carries another boot's id was written before the last reboot.
class BootId {
public:
    /// No boot at all: equal to no boot id that a kernel gives.
    constexpr BootId() = default;
    /// 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12. Error: invalid_argument.
    static Result<BootId> from_text(std::string_view text);

    friend constexpr auto operator<=>(const BootId&, const BootId&) = default;

private:
    friend std::string to_string(const BootId& boot);
    Uint128 value_ = 0;
};

/// "123e4567-e89b-12d3-a456-426614174000".
std::string to_string(const BootId& boot);

}  // namespace flatlan
