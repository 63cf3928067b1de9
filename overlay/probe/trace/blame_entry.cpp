#include <algorithm>

#include "overlay/probe/trace/blame.hpp"
#include "overlay/probe/trace/mend.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;

/// Values of rp_filter (Documentation/networking/ip-sysctl.rst): strict asks that the way back be
/// the same interface, loose that there be one.
constexpr int kStrict = 1;

std::string rp_filter_of(const std::string& device) {
    return "net/ipv4/conf/" + device + "/rp_filter";
}

std::optional<PlaceId> place_with(const Atlas& atlas, const IpAddress& address) {
    for (std::uint32_t i = 0; i < atlas.places.size(); ++i)
        if (const Place& place = atlas.places[i];
            place.endpoint == address || place.addresses.find(address.family()) == address)
            return PlaceId{i};
    return std::nullopt;
}

/// What turns the filter off, of the device and of all devices: the kernel takes the larger value.
std::string mend_filter(const Ground& ground, PlaceId place, const std::string& device, int all,
                        int own) {
    std::string settings;
    if (all != 0) settings += " " + setting_word(rp_filter_of("all"), 0);
    if (own != 0) settings += " " + setting_word(rp_filter_of(device), 0);
    return run_at(ground, place, "sysctl -w" + settings);
}

}  // namespace

Result<std::optional<Fault>> blame_forwarding(const Ground& ground, const Passage& at,
                                              const LinkFacts& input) {
    // IPv4 asks the device that it came in by, IPv6 the switch for all (ip6_forward).
    const std::string path = at.family() == IpFamily::ipv4
                                 ? "net/ipv4/conf/" + input.name + "/forwarding"
                                 : std::string{"net/ipv6/conf/all/forwarding"};
    FLATLAN_TRY(value, ground.inquiry.setting(at.place, path));
    std::optional<Fault> fault;
    if (!value || *value != 0) return fault;
    const std::string whole = at.family() == IpFamily::ipv4 ? "net/ipv4/ip_forward" : path;
    FLATLAN_TRY(all, ground.inquiry.setting(at.place, whole));
    const std::string& name = ground.at(at.place).name;
    fault = Fault{
        Verdict::forwarding_off,
        at.place,
        name + " does not forward " + std::string{to_string(at.family())} + " from " + input.name,
        {"/proc/sys/" + path + " of " + name + " is 0"},
        mend_setting(ground, at.place, all == 0 ? whole : path, 1)};
    return fault;
}

Result<std::optional<Fault>> blame_source_check(const Ground& ground, const Passage& at,
                                                const LinkFacts& input) {
    std::optional<Fault> fault;
    if (at.family() != IpFamily::ipv4) return fault;
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    if (facts->has_address(at.source)) {
        fault = blame_duplicate(ground, at, *facts, at.source);
        return fault;
    }
    FLATLAN_TRY(all, ground.inquiry.setting(at.place, rp_filter_of("all")));
    FLATLAN_TRY(own, ground.inquiry.setting(at.place, rp_filter_of(input.name)));
    const int filter = std::max(all.value_or(0), own.value_or(0));
    if (filter == 0) return fault;
    FLATLAN_TRY(back, ground.inquiry.route(at.place, {.destination = at.source}));
    const bool has_way = back.outcome == RouteOutcome::forward;
    const auto origin = place_with(ground.atlas, at.source);
    if (back.outcome == RouteOutcome::none && origin) {
        // Without the filter the answer would get no further.
        const Passage answer{at.place, std::nullopt, at.destination, at.source, *origin, at.outer};
        FLATLAN_TRY(refused, blame_refusal(ground, answer, back));
        fault = std::move(refused);
        return fault;
    }
    if (has_way && (filter != kStrict || back.device == input.index)) return fault;
    const std::string& name = ground.at(at.place).name;
    const LinkFacts* const other = back.device ? facts->link(*back.device) : nullptr;
    fault = Fault{
        Verdict::reverse_path_filter,
        at.place,
        name + " drops packets from " + to_string(at.source) + " that come in by " + input.name,
        {"rp_filter of " + name + ", " + input.name + ", is " + std::to_string(filter),
         "the way back to " + to_string(at.source) + " is " +
             (has_way && other != nullptr ? "by " + other->name : "missing")},
        mend_filter(ground, at.place, input.name, all.value_or(0), own.value_or(0))};
    return fault;
}

}  // namespace flatlan::trace
