#include "tools/daemon/probes/cluster_run.hpp"

#include <algorithm>

#include "overlay/probe/io/epoll.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Duration kToBegin = 15s;  // while another test is under way
constexpr Duration kToAnswer = 5s;
constexpr Duration kToLook = 100ms;

}  // namespace

ClusterRun::ClusterRun(const ClusterAsker& asker, std::uint64_t chance)
    : asker_{asker},
      run_{std::to_string(chance)},
      keys_{asker.cluster, run_},
      records_{asker.registry, keys_.whole(), asker.ended} {}

Result<void> ClusterRun::begin(probe::Purpose purpose) {
    FLATLAN_TRY_VOID(records_.open_session());
    FLATLAN_TRY_VOID(ask(purpose));
    FLATLAN_TRY_VOID(
        gather(of_all("members"), asker_.nodes, kToAnswer, "did not answer the request"));
    take_members();
    if (!ready_.empty()) return success();
    return Error{ErrorCode::unavailable, "no node of the cluster takes part: " +
                                             silent_.front().node + " " + silent_.front().why};
}

Result<void> ClusterRun::ask(probe::Purpose purpose) {
    FLATLAN_TRY_VOID(records_.put(keys_.for_all("asked"), asker_.asker.text()));
    const std::string key = probe::RunKeys::request(asker_.cluster);
    const Instant deadline = probe::monotonic_now() + kToBegin;
    while (true) {
        auto asked = records_.put(key, probe::request_record({run_, asker_.asker, purpose}));
        if (asked || asked.error().code() != ErrorCode::conflict) return asked;
        if (probe::monotonic_now() >= deadline) break;
        FLATLAN_TRY_VOID(records_.poll(kToLook));
    }
    FLATLAN_TRY(other, asker_.registry.get(key));
    const auto by = probe::request_from_record(other ? other->value : std::string{});
    return Error{ErrorCode::conflict,
                 "another test of this cluster is under way" +
                     (by ? ", asked for on " + by.value().asker.text() : std::string{})}
        .expecting("to try again once it has ended");
}

Result<void> ClusterRun::gather(const KeyOf& key_of, const std::vector<NodeName>& nodes,
                                Duration patience, const std::string& failing) {
    const std::vector<NodeName> asked = nodes;  // they may be those that are ready
    const auto has = [&](const NodeName& node) { return records_.has(key_of(node)); };
    const auto says = [&](const NodeName& node) { return has(node) || refusal_of(node); };
    FLATLAN_TRY(all, records_.wait([&] { return std::ranges::all_of(asked, says); },
                                   probe::monotonic_now() + patience));
    static_cast<void>(all);
    ready_.clear();
    for (const NodeName& node : asked)
        if (has(node))
            ready_.push_back(node);
        else
            silent_.push_back({node.text(), refusal_of(node).value_or(failing)});
    return success();
}

std::optional<std::string> ClusterRun::refusal_of(const NodeName& node) const {
    const std::string* const record = records_.find(keys_.for_asker("refused", node));
    if (record == nullptr) return std::nullopt;
    const auto sheet = probe::members_from_record(*record, node);
    return "cannot take part: " + (sheet ? sheet.value().trouble : sheet.error().to_string());
}

void ClusterRun::take_members() {
    std::erase_if(ready_, [&](const NodeName& node) {
        const std::string record = *records_.find(keys_.for_all("members", node));
        const auto sheet = probe::members_from_record(record, node);
        if (sheet && sheet.value().trouble.empty()) {
            std::ranges::copy(sheet.value().members, std::back_inserter(members_));
            sheets_.push_back({node.text(), record});
            return false;
        }
        silent_.push_back(
            {node.text(),
             "cannot take part: " + (sheet ? sheet.value().trouble : sheet.error().to_string())});
        return true;
    });
}

}  // namespace flatlan::daemon
