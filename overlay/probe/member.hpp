#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/names.hpp"

/// Plans probes, judges what they saw and groups failures. Pure; the sockets are in probe/io.
namespace flatlan::probe {

enum class MemberKind : std::uint8_t { pod, node };

/// One who takes part in a test: sends to others and is sent to.
struct Member {
    std::string name;  ///< as people and JSON name it: "default/web", "node/n1", "netns:PATH"
    MemberKind kind = MemberKind::pod;
    std::optional<NodeName> node;  ///< where it is; empty where nobody knows nodes
    IpAddresses addresses;         ///< under which the others reach it

    friend bool operator==(const Member&, const Member&) = default;
};

/// A member's place in the list of all members of a test.
class MemberId {
public:
    explicit constexpr MemberId(std::uint32_t value) : value_{value} {}
    constexpr std::uint32_t value() const { return value_; }
    friend constexpr auto operator<=>(MemberId, MemberId) = default;

private:
    std::uint32_t value_;
};

/// Who sends to whom; both may be the same member.
struct Pair {
    MemberId from;
    MemberId to;
    friend constexpr auto operator<=>(const Pair&, const Pair&) = default;
};

}  // namespace flatlan::probe
