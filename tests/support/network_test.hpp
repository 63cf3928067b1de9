#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"

/// For tests that need network namespaces: they make and own them, as root or as an ordinary user.
namespace flatlan::support {

/// The value, or a test that fails with the error's text.
template <typename T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().to_string()};
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

/// Brings the process into a network namespace of its own, and into a user namespace when it is not
/// root; once. Empty when it worked, else why this machine does not allow it. The process must have
/// one thread.
const std::string& enter_own_namespaces();

/// A test that runs inside a network namespace of its program's own; skipped, with the reason,
/// where the machine forbids that.
class NetworkTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto& reason = enter_own_namespaces(); !reason.empty()) GTEST_SKIP() << reason;
    }

    static Namespace new_network() { return must(Namespace::create_network()); }
    static Netlink netlink_in(const Namespace& network) { return must(Netlink::open_in(network)); }
};

inline IpAddress ip(std::string_view text) { return must(IpAddress::from_text(text)); }
inline IpPrefix prefix(std::string_view text) { return must(IpPrefix::from_text(text)); }

}  // namespace flatlan::support
