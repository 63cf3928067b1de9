#include "tools/doctor/collect_facts.hpp"

#include <poll.h>

#include <chrono>

#include "tools/doctor/judge_node.hpp"

namespace flatlan::doctor {
namespace {

/// Long enough for a connection that is in trouble to send something again (RFC 6298).
constexpr std::chrono::milliseconds kLookAtChecksums{1500};

/// Until packets come with wrong checksums, or the deadline.
void wait_for_wrong_checksums(std::uint64_t before,
                              std::chrono::steady_clock::time_point deadline) {
    constexpr int kPollMs = 50;
    while (count_wrong_checksums() == before && std::chrono::steady_clock::now() < deadline)
        ::poll(nullptr, 0, kPollMs);
}

}  // namespace

Result<NodeFacts> collect_facts(const std::filesystem::path& node_file) {
    if (!lab::has_namespace_rights())
        return Error{ErrorCode::forbidden, "a node's tables and filters are the administrator's"}
            .expecting("root: sudo flatlan doctor --node");
    NodeFacts facts;
    auto node = node::read_node_file(node_file);
    if (node)
        facts.node = std::move(node).value();
    else if (node.error().code() == ErrorCode::not_found)
        facts.no_node = "there is no " + node_file.string();
    else
        return std::move(node).error();
    // In a child of this process, so before anything is opened that it would share.
    facts.features = lab::try_features(true);
    const std::uint64_t wrong_checksums_before = count_wrong_checksums();
    const auto began = std::chrono::steady_clock::now();
    FLATLAN_TRY_VOID(read_network(facts));
    read_filters(facts);
    read_host(facts);
    if (wrong_checksums_before > 0)
        wait_for_wrong_checksums(wrong_checksums_before, began + kLookAtChecksums);
    facts.wrong_checksums = count_wrong_checksums();
    facts.wrong_checksums_now = facts.wrong_checksums - wrong_checksums_before;
    return facts;
}

Result<NodeReport> examine_node(const std::filesystem::path& node_file) {
    FLATLAN_TRY(facts, collect_facts(node_file));
    return judge_node(facts);
}

}  // namespace flatlan::doctor
