#include "tools/daemon/underlay.hpp"

#include <algorithm>

namespace flatlan::daemon {
namespace {

/// Not given to anybody (RFC 5737, RFC 3849): what leads there is the default route.
const std::vector<IpAddress>& far_away() {
    static const std::vector<IpAddress> addresses{
        Ipv4Address{0xc000'0201}, Ipv6Address::from_halves(0x2001'0db8ULL << 32U, 1)};
    return addresses;
}

std::string list_of(const std::vector<UnderlayCandidate>& candidates) {
    std::string list;
    for (const UnderlayCandidate& candidate : candidates)
        list += (list.empty() ? "" : ", ") + to_string(candidate.address) + " on " +
                candidate.interface.text();
    return list.empty() ? "this machine has no address but loopback and link-local ones" : list;
}

Result<UnderlayAnswer> by_address(const UnderlayQuestion& question) {
    for (const UnderlayCandidate& candidate : question.candidates)
        if (candidate.address == *question.address &&
            (!question.interface || candidate.interface == *question.interface))
            return UnderlayAnswer{candidate, "as told"};
    return Error{ErrorCode::not_found,
                 "no interface has the address " + to_string(*question.address)}
        .at("--underlay-address")
        .expecting(list_of(question.candidates));
}

Result<UnderlayAnswer> by_interface(const UnderlayQuestion& question) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        for (const UnderlayCandidate& candidate : question.candidates)
            if (candidate.interface == *question.interface && candidate.address.family() == family)
                return UnderlayAnswer{candidate, "as told"};
    return Error{ErrorCode::not_found,
                 "interface '" + question.interface->text() + "' has no address for nodes"}
        .at("--underlay-interface")
        .expecting(list_of(question.candidates));
}

/// The address with which packets leave for there, if it is one of the candidates.
std::optional<UnderlayCandidate> by_route(const UnderlayQuestion& question,
                                          const IpAddress& target) {
    const auto source = question.source_to(target);
    if (!source) return std::nullopt;
    for (const UnderlayCandidate& candidate : question.candidates)
        if (candidate.address == *source) return candidate;
    return std::nullopt;
}

}  // namespace

Result<UnderlayAnswer> choose_underlay(const UnderlayQuestion& question) {
    if (question.address) return by_address(question);
    if (question.interface) return by_interface(question);
    for (const IpAddress& target : question.towards) {
        const auto found = by_route(question, target);
        // A registry on this very machine says nothing of the way to the others.
        if (found && found->address != target)
            return UnderlayAnswer{*found, "the way to the registry at " + to_string(target)};
    }
    for (const IpAddress& target : question.towards)
        for (const UnderlayCandidate& candidate : question.candidates)
            if (candidate.address == target)
                return UnderlayAnswer{candidate, "where the registry listens"};
    for (const IpAddress& target : far_away())
        if (const auto found = by_route(question, target))
            return UnderlayAnswer{*found, "the default route"};
    if (question.candidates.size() == 1)
        return UnderlayAnswer{question.candidates.front(), "the only address"};
    return Error{ErrorCode::invalid_argument,
                 "no route says which interface leads to the other nodes"}
        .at("--underlay-interface")
        .expecting("one of: " + list_of(question.candidates));
}

Result<std::optional<UnderlayCandidate>> choose_successor(
    const Underlay& before, bool told, const std::vector<UnderlayCandidate>& candidates) {
    for (const UnderlayCandidate& candidate : candidates)
        if (candidate.address == before.address) return std::optional<UnderlayCandidate>{};
    Error lost{ErrorCode::not_found, "this machine has lost its address " +
                                         to_string(before.address) +
                                         ", at which the other nodes reach it"};
    if (told) return std::move(lost).expecting("it there again, or another --underlay-address");
    for (const UnderlayCandidate& candidate : candidates)
        if (candidate.interface == before.interface &&
            candidate.address.family() == before.address.family() &&
            (before.alone || !candidate.alone))
            return std::optional{candidate};
    return std::move(lost).expecting(
        "it or another " + std::string{to_string(before.address.family())} +
        " address on interface '" + before.interface.text() +
        "', or a restart of flatland for another interface; now " + list_of(candidates));
}

}  // namespace flatlan::daemon
