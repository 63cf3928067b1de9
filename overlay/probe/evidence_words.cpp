#include "overlay/probe/evidence_words.hpp"

#include <algorithm>
#include <cstring>

namespace flatlan::probe {
namespace {

/// Tells who and where things are by the members' names.
class Narrator {
public:
    Narrator(std::span<const Member> members, const Failure& failure)
        : members_{members}, failure_{failure}, evidence_{failure.evidence} {}

    std::string what() const {
        if (!evidence_.trial.empty()) return evidence_.trial;
        if (evidence_.fault) return fault();
        if (evidence_.sighting) return sighting();
        if (evidence_.answer_from)
            return to() + " was asked at " + end(*evidence_.destination) +
                   " and the answer came from " + end(*evidence_.answer_from);
        if (evidence_.seen && evidence_.answered) return oddity();
        if (evidence_.refusal) return refusal();
        return silence();
    }
    const std::string& name(MemberId member) const { return members_[member.value()].name; }
    const std::string& from() const { return name(failure_.pair.from); }
    const std::string& to() const { return name(failure_.pair.to); }
    std::string owner_or_address(const IpAddress& address) const {
        const auto owner = std::ranges::find_if(members_, [&](const Member& member) {
            return member.addresses.find(address.family()) == address;
        });
        return owner != members_.end() ? owner->name : to_string(address);
    }

private:
    /// An endpoint; the port is left out where there is none.
    static std::string end(const Endpoint& endpoint) {
        return endpoint.port == Port::any() ? to_string(endpoint.address) : to_string(endpoint);
    }
    std::string tries() const {
        return evidence_.tries == 1 ? "1 try" : std::to_string(evidence_.tries) + " tries";
    }

    std::string fault() const {
        const MemberFault& fault = *evidence_.fault;
        const std::string& member = name(fault.member);
        if (fault.verdict == Verdict::pod_missing)
            return "the network namespace of " + member + " is not there";
        const auto address = members_[fault.member.value()].addresses.find(failure_.lane.family);
        if (fault.verdict == Verdict::address_missing && address)
            return member + " does not have the address " + to_string(*address);
        return "no socket could be opened in " + member + ": " + std::strerror(fault.errno_value);
    }
    std::string sighting() const {
        const Sighting& seen = *evidence_.sighting;
        if (seen.destination != evidence_.destination)
            return "what was sent to " + end(*evidence_.destination) + " arrived at " +
                   name(seen.at) + ", addressed to " + end(seen.destination);
        if (seen.at != failure_.pair.to)
            return "what was sent to " + end(*evidence_.destination) + " arrived at " +
                   name(seen.at) + ", which has that address too";
        return to() + " saw " + end(*evidence_.source) + " as " + end(seen.source) +
               (evidence_.answered ? ", and the answer came back all the same" : "");
    }
    std::string refusal() const {
        const Refusal& refusal = *evidence_.refusal;
        const std::string kernel_words =
            refusal.errno_value != 0 ? std::strerror(refusal.errno_value) : words(refusal.kind);
        switch (refusal.kind) {
            case RefusalKind::own_limit:
                return "flatlan-reach itself could not send or receive: " + kernel_words;
            case RefusalKind::port_closed:
                return "refused (" + kernel_words +
                       "), though flatlan-reach listens there: a rule "
                       "that rejects, or another destination than it seems";
            default:
                break;
        }
        if (refusal.reporter)
            return owner_or_address(*refusal.reporter) + " answered: " + kernel_words;
        return "the kernel in " + from() + " says: " + kernel_words;
    }
    static std::string words(RefusalKind kind) {
        switch (kind) {
            case RefusalKind::no_route:
                return "no route, or host unreachable";
            case RefusalKind::prohibited:
                return "administratively prohibited";
            case RefusalKind::port_closed:
                return "port unreachable";
            case RefusalKind::ttl_expired:
                return "time to live exceeded";
            case RefusalKind::too_large:
                return "packet too big";
            case RefusalKind::address_missing:
            case RefusalKind::own_limit:
            case RefusalKind::other:
                return "an ICMP error of another kind";
        }
        return {};
    }
    /// All came, and yet not as it should.
    std::string oddity() const {
        if (evidence_.hops) {
            const HopsSeen& hops = *evidence_.hops;
            return name(hops.at) + " received it with a TTL of " + std::to_string(hops.ttl) +
                   ", and " + std::to_string(hops.expected) +
                   " was expected: " + std::to_string(kProbeTtl - hops.ttl) + " hops instead of " +
                   std::to_string(kProbeTtl - hops.expected);
        }
        return name(*evidence_.twice) + " received it twice";
    }
    std::string silence() const {
        if (evidence_.seen)
            return to() + " saw the request, and its answer did not come back in " + tries();
        if (evidence_.answered)
            return "an answer came, though " + to() + " saw no request: somebody else gave it";
        return "no answer in " + tries() + ", and " + to() + " saw none of them" +
               (evidence_.overloaded ? "; the machine was too busy to tell why" : "");
    }

    std::span<const Member> members_;
    const Failure& failure_;
    const Evidence& evidence_;
};

}  // namespace

std::string evidence_words(std::span<const Member> members, const Failure& failure) {
    const Narrator narrator{members, failure};
    return narrator.from() + " to " + narrator.to() + ", " + to_string(failure.lane) + ": " +
           narrator.what();
}

std::string hop_of(std::span<const Member> members, const Failure& failure) {
    const Narrator narrator{members, failure};
    const Evidence& evidence = failure.evidence;
    if (evidence.fault) return narrator.name(evidence.fault->member);
    if (evidence.sighting || evidence.answer_from || !evidence.refusal) return {};
    if (evidence.refusal->kind == RefusalKind::own_limit) return {};
    if (evidence.refusal->reporter) return narrator.owner_or_address(*evidence.refusal->reporter);
    // A TCP reset comes from afar and does not say from whom.
    if (evidence.refusal->kind == RefusalKind::port_closed) return {};
    return narrator.from();
}

}  // namespace flatlan::probe
