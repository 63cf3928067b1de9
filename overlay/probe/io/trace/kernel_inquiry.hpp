#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/probe/trace/inquiry.hpp"

namespace flatlan::trace {

/// Asks the kernel, by netlink, from inside the places' namespaces. Reads of a place what is asked
/// for, once: a second walk over it costs next to nothing.
class KernelInquiry final : public Inquiry {
public:
    /// One namespace for each place of the atlas, in its order; none where it is gone. Both must
    /// outlive this.
    KernelInquiry(const Atlas& atlas, std::span<const std::optional<Namespace>> networks);

    Result<const PlaceFacts*> facts(PlaceId place) override;
    Result<RouteAnswer> route(PlaceId place, const RouteAsked& asked) override;
    Result<std::optional<int>> setting(PlaceId place, const std::string& path) override;

private:
    struct Known {
        std::optional<Netlink> netlink;
        std::optional<PlaceFacts> facts;
        std::map<RouteAsked, RouteAnswer> routes;
        std::map<std::string, std::optional<int>> settings;
    };

    Result<Netlink*> netlink_of(PlaceId place);
    /// Which places the namespace means by these numbers.
    Result<std::map<std::int32_t, PlaceId>> find_networks(PlaceId place, Netlink& netlink,
                                                          std::set<std::int32_t> numbers);
    Result<std::vector<LinkFacts>> read_links(PlaceId place, Netlink& netlink);

    const Atlas& atlas_;
    std::span<const std::optional<Namespace>> networks_;
    std::vector<Known> known_;
};

}  // namespace flatlan::trace
