#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/control/records.hpp"
#include "overlay/probe/cluster/check_note.hpp"
#include "overlay/probe/plan.hpp"
#include "overlay/probe/run_delay.hpp"
#include "overlay/probe/trial/trial.hpp"

namespace flatlan::probe {

/// A node's answer to a request.
struct MemberSheet {
    std::vector<Member> members;  ///< with `node`
    std::string trouble{};        ///< why the node cannot take part; empty: it can
};

/// What is tried, and by whom: each node makes the plan of it, the same everywhere.
struct Roster {
    std::uint32_t run = 0;  ///< of the first node's payloads; each further one's is one more
    std::vector<NodeName> nodes;
    PlanRequest request{};
    trial::TrialExtent trials = trial::TrialExtent::none;  ///< not `all`
};

/// Where members are asked; who cannot be.
struct PortSheet {
    struct Server {
        MemberId member;
        Lane lane;
        Port port;
    };
    struct Fault {
        Lane lane;
        MemberFault fault;
    };
    std::vector<Server> servers;
    std::vector<Fault> faults;
};

/// How a node's sending went.
struct SentSummary {
    std::uint64_t checks = 0;
    std::uint64_t retried = 0;
    std::uint64_t duplicates = 0;
    Duration stalled{};
    RunDelay run_delay{};
    std::string trouble{};  ///< why it ended early; empty: it did not
};

/// Records as in overlay/control/records.hpp, and the same errors.
std::string to_record(const MemberSheet& sheet);
std::string to_record(const Roster& roster);
std::string to_record(const PortSheet& sheet);
std::string to_record(const SentSummary& summary);
Result<MemberSheet> members_from_record(std::string_view text, const NodeName& node);
Result<Roster> roster_from_record(std::string_view text);
/// What `node` says of its own members, of all who take part; what it says of others counts for
/// nothing.
Result<PortSheet> ports_from_record(std::string_view text, std::span<const Member> members,
                                    const NodeName& node);
Result<SentSummary> summary_from_record(std::string_view text);
/// The nodes of a start.
std::string start_record(const std::vector<NodeName>& nodes);
Result<std::vector<NodeName>> start_from_record(std::string_view text);
/// Members of a node who have been removed since the test began; read as `ports_from_record`.
std::string gone_record(const std::vector<MemberId>& gone);
Result<std::vector<MemberId>> gone_from_record(std::string_view text,
                                               std::span<const Member> members,
                                               const NodeName& node);
/// What is asked of a cluster.
enum class Purpose : std::uint8_t { reach, trace };
/// Which run is asked for: its name in the keys.
struct ProbeAsked {
    std::string run;
    NodeName asker;
    Purpose purpose = Purpose::reach;
};
std::string request_record(const ProbeAsked& asked);
Result<ProbeAsked> request_from_record(std::string_view text);

}  // namespace flatlan::probe
