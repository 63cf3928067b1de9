#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "overlay/base/boot_id.hpp"
#include "overlay/base/ip_address.hpp"
#include "overlay/base/names.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::ipam {

/// Whether the text may name a network or a container: a letter or digit, then letters, digits,
/// '_', '.' and '-' (CNI specification, sections 1 and 2), at most LeaseKey::kPartSizeMax.
bool is_cni_name(std::string_view text);

/// What holds a lease: one interface of one container on one network, as CNI names them, or a node
/// itself (its own end of the flat network). Kept as one text, because no part may have a slash.
class LeaseKey {
public:
    static constexpr std::size_t kPartSizeMax = 255;

    /// `network` and `container` begin with a letter or digit and go on with those, '_', '.' and
    /// '-' (the CNI specification's rule for both); `interface` is what the kernel takes for a
    /// name. Error: invalid_argument.
    static Result<LeaseKey> from(std::string_view network, std::string_view container,
                                 std::string_view interface);
    static LeaseKey of_node(const NodeName& node);
    /// What `text()` gave. Error: invalid_argument.
    static Result<LeaseKey> from_text(std::string_view text);

    /// "network/container/interface", or "node:NAME".
    const std::string& text() const { return text_; }
    bool is_node() const { return text_.starts_with(kNodeMark); }
    /// The node's name where `is_node`, empty otherwise.
    std::string_view node() const;
    /// The three parts; empty for a node.
    std::string_view network() const { return part(0); }
    std::string_view container() const { return part(1); }
    std::string_view interface() const { return part(2); }

    friend auto operator<=>(const LeaseKey&, const LeaseKey&) = default;

private:
    static constexpr std::string_view kNodeMark = "node:";  // no network's name has a colon

    explicit LeaseKey(std::string text) : text_{std::move(text)} {}
    std::string_view part(unsigned index) const;

    std::string text_;
};

inline const std::string& to_string(const LeaseKey& key) { return key.text(); }

/// Which network namespace holds a lease's interface: the inode of its nsfs file. The kernel gives
/// a number again once its namespace is gone, so a match alone proves nothing. 0: not known.
struct NetnsInode {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(NetnsInode, NetnsInode) = default;
};

/// Where and when a lease was given: by this a lease of an earlier boot, whose namespace cannot
/// exist any more, is told from a living one.
struct LeaseOrigin {
    BootId boot;
    NetnsInode netns;
    friend constexpr auto operator<=>(const LeaseOrigin&, const LeaseOrigin&) = default;
};

/// "10.244.0.1 and fd00::1".
std::string text_of(const IpAddresses& addresses);

/// Addresses that one holder has, until they are released.
struct Lease {
    LeaseKey key;
    IpAddresses addresses;
    LeaseOrigin origin;
    friend auto operator<=>(const Lease&, const Lease&) = default;
};

}  // namespace flatlan::ipam

template <>
struct std::hash<flatlan::ipam::LeaseKey> {
    std::size_t operator()(const flatlan::ipam::LeaseKey& key) const noexcept {
        return std::hash<std::string>{}(key.text());
    }
};
