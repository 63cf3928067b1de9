#include "tools/daemon/probes/cluster_trace.hpp"

#include <algorithm>
#include <map>

#include "overlay/linux/random.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"
#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/cluster/trace/joined_trace.hpp"
#include "overlay/probe/find_member.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "tools/trace/answer.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Duration kToOpen = 10s;
/// For one question, beside what is waited for packets.
constexpr Duration kToAnswer = 10s;

/// What goes before a command on the pod's own machine. A pod may have no process: its namespace is
/// a file in /run/netns, or that of a process in it, or a descriptor of whoever else holds it.
std::string runs_in(std::uint64_t network) {
    return "nsenter --net=$(find -L /run/netns/* /proc/[0-9]*/ns/net /proc/[0-9]*/fd -maxdepth 1 "
           "-inum " +
           std::to_string(network) + " 2>/dev/null | head -n 1) --";
}

/// One trace, from its request to its answer.
class Tracing {
public:
    Tracing(const ClusterAsker& asker, const TraceGround& ground, std::uint64_t chance)
        : ground_{ground}, chance_{chance}, run_{asker, chance} {
        for (const node::PeerState& peer : ground.state.peers)
            if (!peer.alive)
                run_.silent().push_back({peer.node.name.text(), "gives no sign of life"});
    }

    Result<trace::TraceAnswer> run(const trace::TraceWish& wish) {
        FLATLAN_TRY_VOID(run_.begin(probe::Purpose::trace));
        FLATLAN_TRY(call, call_of(wish));
        FLATLAN_TRY_VOID(run_.call("trace", to_record(call)));
        ends_ = {call.from.node};
        if (call.to.node != call.from.node) ends_.push_back(call.to.node);
        FLATLAN_TRY_VOID(run_.gather(run_.told("ready"), ends_, kToOpen, "did not begin to trace"));
        FLATLAN_TRY(atlas, atlas_of());
        FLATLAN_TRY(
            traced,
            trace::trace_over_nodes(
                atlas, call, [&](std::span<const trace::Asked> asked) { return ask(asked, atlas); },
                wish.keep_frames));
        trace::TraceAnswer answer{std::move(traced.report)};
        if (wish.keep_frames) answer.capture = trace::capture_of(atlas, traced.frames);
        return answer;
    }

private:
    std::span<const probe::Member> members() const { return run_.members(); }

    /// Error unavailable for a member that may be on a node that is silent.
    Result<probe::MemberId> find(const std::string& name) {
        auto found = probe::find_member(members(), name);
        if (found || run_.silent().empty()) return found;
        std::string silent;
        for (const auto& [node, why] : run_.silent())
            silent.append(silent.empty() ? "" : "; ").append(node).append(" ").append(why);
        return Error{ErrorCode::unavailable,
                     "no node that answered has '" + name + "', and " + silent}
            .expecting("flatland to run there: flatlan node status, on the node itself");
    }
    Result<trace::TraceEnd> end_of(const std::string& name, IpFamily family) {
        FLATLAN_TRY(id, find(name));
        const probe::Member& member = members()[id.value()];
        const auto same = [&](const probe::Member& other) { return other.name == member.name; };
        if (std::ranges::count_if(members(), same) > 1)
            return Error{ErrorCode::invalid_argument,
                         "more than one pod of the cluster is called '" + member.name + "'"}
                .expecting("pods of different names");
        const auto address = member.addresses.find(family);
        if (!address)
            return Error{ErrorCode::invalid_argument,
                         member.name + " has no " + std::string{to_string(family)} + " address"};
        const tunnel::TunnelNode* const node = find_node(*member.node);
        if (node == nullptr)
            return Error{ErrorCode::unavailable,
                         member.node->text() + " has only just joined the cluster"};
        return trace::TraceEnd{member.name, *member.node, *address, node->endpoint};
    }
    /// An address says which family is meant; without any word, IPv4 where both have it.
    Result<IpFamily> family_of(const trace::TraceWish& wish) {
        FLATLAN_TRY(from, find(wish.from));
        FLATLAN_TRY(to, find(wish.to));
        if (wish.family) return *wish.family;
        for (const std::string& name : {wish.from, wish.to})
            if (const auto address = IpAddress::from_text(name)) return address.value().family();
        const bool both = members()[from.value()].addresses.ipv4.has_value() &&
                          members()[to.value()].addresses.ipv4.has_value();
        return both ? IpFamily::ipv4 : IpFamily::ipv6;
    }
    Result<trace::TraceCall> call_of(const trace::TraceWish& wish) {
        FLATLAN_TRY(family, family_of(wish));
        FLATLAN_TRY(from, end_of(wish.from, family));
        FLATLAN_TRY(to, end_of(wish.to, family));
        return trace::TraceCall{.from = from,
                                .to = to,
                                .protocol = wish.protocol,
                                .tag = chance_,
                                .tunnel_port = ground_.settings.port,
                                .service = wish.service};
    }

    const tunnel::TunnelNode* find_node(const NodeName& name) const {
        if (ground_.state.self.name == name) return &ground_.state.self;
        const auto peer = std::ranges::find_if(
            ground_.state.peers,
            [&](const node::PeerState& each) { return each.node.name == name; });
        return peer == ground_.state.peers.end() ? nullptr : &peer->node;
    }
    static trace::Place place_of(const tunnel::TunnelNode& node) {
        trace::Place place{.name = "node/" + node.name.text(),
                           .kind = trace::PlaceKind::node,
                           .addresses = node.overlay,
                           .blocks = node.blocks};
        place.endpoint = node.endpoint;
        return place;
    }
    /// All nodes, by which wrong ways are named, and the pods of the ends' nodes.
    Result<trace::Atlas> atlas_of() {
        trace::Atlas atlas;
        atlas.vni = ground_.settings.vni;
        atlas.tunnel_port = ground_.settings.port;
        atlas.repair_command = "systemctl restart flatland";
        for (const NodeName& end : ends_)
            FLATLAN_TRY_VOID(add_members(end, atlas));
        const auto is_end = [&](const NodeName& name) {
            return std::ranges::find(ends_, name) != ends_.end();
        };
        if (!is_end(ground_.state.self.name)) atlas.places.push_back(place_of(ground_.state.self));
        for (const node::PeerState& peer : ground_.state.peers)
            if (!is_end(peer.node.name)) atlas.places.push_back(place_of(peer.node));
        return atlas;
    }
    Result<void> add_members(const NodeName& name, trace::Atlas& atlas) {
        const std::string* const record = run_.records().find(run_.keys().for_asker("ready", name));
        if (record == nullptr) return away(name);
        FLATLAN_TRY(ready, trace::ready_from_record(*record));
        const trace::PlaceId node{static_cast<std::uint32_t>(atlas.places.size())};
        atlas.places.push_back(place_of(*find_node(name)));
        atlas.places.back().carrier = ready.carrier;
        for (const probe::Member& member : members()) {
            if (member.node != name || member.kind != probe::MemberKind::pod) continue;
            trace::Place place{.name = member.name,
                               .kind = trace::PlaceKind::pod,
                               .present = ready.namespaces.contains(member.name),
                               .addresses = member.addresses};
            place.node = node;
            if (place.present) place.command_prefix = runs_in(ready.namespaces[member.name]);
            place.gateways = {.ipv4 = pod::kGatewayIpv4, .ipv6 = pod::kGatewayIpv6};
            atlas.places.push_back(std::move(place));
        }
        return success();
    }
    Error away(const NodeName& node) {
        const auto why =
            std::ranges::find(run_.silent(), node.text(), &ClusterAnswer::Silent::node);
        const std::string silent =
            why == run_.silent().end() ? std::string{"does not answer"} : why->why;
        return Error{ErrorCode::unavailable, "the flatland of " + node.text() + " " +
                                                 run_.refusal_of(node).value_or(silent)}
            .expecting("it to run: flatlan node status on " + node.text());
    }
    std::vector<Result<std::string>> ask(std::span<const trace::Asked> asked,
                                         const trace::Atlas& atlas) {
        std::vector<Result<std::size_t>> numbers;
        for (const auto& [node, question] : asked)
            numbers.push_back(put(node, to_record(question, atlas)));
        const Instant deadline = probe::monotonic_now() + kToAnswer;
        std::vector<Result<std::string>> answers;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            if (numbers[i])
                answers.push_back(await_answer(asked[i].node, numbers[i].value(), deadline));
            else
                answers.emplace_back(numbers[i].error());
        }
        return answers;
    }
    /// The number of the question, once it stands in the registry.
    Result<std::size_t> put(const NodeName& node, const std::string& question) {
        if (std::ranges::find(ends_, node) == ends_.end())
            return Error{ErrorCode::unavailable, "the way leads over " + node.text() +
                                                     ", which does not take part in the trace"};
        const std::size_t number = asked_[node]++;
        FLATLAN_TRY_VOID(run_.records().put(run_.keys().question(node, number), question));
        return number;
    }
    Result<std::string> await_answer(const NodeName& node, std::size_t number, Instant deadline) {
        const std::string key = run_.keys().answer(node, number);
        const auto says = [&] { return run_.records().has(key) || run_.refusal_of(node); };
        FLATLAN_TRY(said, run_.records().wait(says, deadline));
        static_cast<void>(said);
        if (!run_.records().has(key)) return away(node);
        auto answer = run_.records().await_long(key, deadline);
        if (!answer && answer.error().code() == ErrorCode::timed_out) return away(node);
        if (!answer) return answer;
        auto told = trace::check_answer(answer.value());
        if (!told) return std::move(told).error().within("on " + node.text());
        return answer;
    }

    const TraceGround& ground_;
    std::uint64_t chance_;
    ClusterRun run_;
    std::vector<NodeName> ends_;
    std::map<NodeName, std::size_t> asked_;
};

}  // namespace

Result<trace::TraceAnswer> trace_nodes(const ClusterAsker& asker, const TraceGround& ground,
                                       const trace::TraceWish& wish) {
    FLATLAN_TRY(chance, draw_random());
    return Tracing{asker, ground, chance}.run(wish);
}

}  // namespace flatlan::daemon
