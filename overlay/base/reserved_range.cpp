#include "overlay/base/reserved_range.hpp"

#include <algorithm>
#include <array>

namespace flatlan {
namespace {

constexpr std::array kReserved{
    ReservedRange{"0.0.0.0/8", "'this network'"},  ReservedRange{"127.0.0.0/8", "loopback"},
    ReservedRange{"169.254.0.0/16", "link-local"},  // also the gateway that every pod has
    ReservedRange{"224.0.0.0/4", "multicast"},     ReservedRange{"240.0.0.0/4", "reserved"},
    ReservedRange{"::/127", "loopback"},           ReservedRange{"::ffff:0:0/96", "IPv4-mapped"},
    ReservedRange{"fe80::/10", "link-local"},      ReservedRange{"ff00::/8", "multicast"},
};

}  // namespace

const ReservedRange* find_reserved(const IpPrefix& prefix) {
    const auto* const found =
        std::find_if(kReserved.begin(), kReserved.end(), [&](const ReservedRange& range) {
            return IpPrefix::from_text(range.prefix).value().overlaps(prefix);
        });
    return found == kReserved.end() ? nullptr : found;
}

std::string_view range_for_hosts(IpFamily family) {
    return family == IpFamily::ipv4 ? "a range for hosts, such as 10.244.0.0/16"
                                    : "a range for hosts, such as fd00:10:244::/56";
}

}  // namespace flatlan
