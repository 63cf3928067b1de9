#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "ipam/lease_store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::ipam {

inline IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
inline IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
inline LeaseKey pod(std::uint64_t number) {
    return LeaseKey::from("net", "pod" + std::to_string(number), "eth0").value();
}
/// A boot of the machine, for tests that let it boot.
inline BootId boot(unsigned number) {
    return BootId::from_text("00000000-0000-0000-0000-00000000000" + std::to_string(number))
        .value();
}

inline constexpr AddressRequest kIpv4{.ipv4 = true};
inline constexpr AddressRequest kBoth{.ipv4 = true, .ipv6 = true};

/// The clock of a test.
struct TestClock {
    Instant now = Instant{} + std::chrono::hours{1};
    std::function<Instant()> reader() {
        return [this] { return now; };
    }
};

}  // namespace flatlan::ipam
