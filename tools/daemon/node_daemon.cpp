#include "tools/daemon/node_daemon.hpp"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "overlay/linux/boot.hpp"
#include "tools/daemon/known_paths.hpp"
#include "tools/daemon/trouble_text.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// After an error of the registry; so a node claims again well within two seconds of its return.
constexpr Duration kRetry = 500ms;
/// After a lost compare-and-swap: what the other one wrote is told in a moment.
constexpr Duration kRetrySoon = 20ms;

std::string text_of(const std::vector<IpPrefix>& prefixes) {
    std::string text;
    for (const IpPrefix& prefix : prefixes)
        text += (text.empty() ? "" : ", ") + to_string(prefix);
    return text;
}

/// For the service manager.
std::string joined_text(const node::NodeStanding& standing) {
    return "joined, with " + std::to_string(standing.peers) + " other nodes";
}

/// "n2 1404 octets, n3 1404 octets and 12 others", of ways.
std::string text_of(const std::vector<tunnel::PathMtu>& paths) {
    constexpr std::size_t kNamed = 10;
    std::string text;
    for (const tunnel::PathMtu& path : std::span{paths}.first(std::min(paths.size(), kNamed)))
        text += (text.empty() ? "" : ", ") + path.node.text() + " " +
                std::to_string(path.mtu.value()) + " octets";
    if (paths.size() > kNamed) text += " and " + std::to_string(paths.size() - kNamed) + " others";
    return text;
}

}  // namespace

Result<void> NodeDaemon::set_narrow_paths(std::vector<tunnel::PathMtu> paths) {
    const std::string text = text_of(paths);
    if (auto saved = save_paths(files_.paths(), paths); !saved)
        spdlog::warn("after a restart ways are found anew: {}", saved.error().to_string());
    FLATLAN_TRY_VOID(reconciler_->set_narrow_paths(std::move(paths)));
    if (text.empty())
        spdlog::info("every way on the underlay passes {} octets again",
                     common_->tunnel.underlay_mtu.value());
    else
        spdlog::warn("pods' routes follow ways on the underlay that pass less: to {}", text);
    return success();
}

Result<NodeDaemon::Ending> NodeDaemon::run(const Reread& reread) {
    for (bool reloads = false;;) {
        FLATLAN_TRY(until_next, round());
        if (moved_) {
            spdlog::warn("begins anew: interface {} has the address {}, and {} is gone",
                         moved_->interface.text(), to_string(moved_->address),
                         to_string(underlay_->address));
            end();
            return Ending::underlay_moved;
        }
        // Also when the round could not do all of it.
        if (reloads && ready_) manager_.tell_reloaded();
        manager_.tell_alive();
        const Duration pause =
            std::min(until_next, manager_.watchdog_interval().value_or(until_next));
        const auto woken = waiter_.wait(std::chrono::ceil<std::chrono::milliseconds>(pause));
        reloads = woken.reload;
        if (reloads) reload(reread);
        if (woken.stop) break;
    }
    spdlog::info("ends; pods and tunnel stay as they are");
    manager_.tell_stopping();
    end();
    return Ending::told;
}

void NodeDaemon::end() {
    service_.end_probes();
    if (auto paused = reconciler_->pause(); !paused)
        spdlog::warn("the sign of life ends by itself: {}", paused.error().to_string());
}

Result<Duration> NodeDaemon::round() {
    const Instant now = boot_time_now();
    const auto stepped = reconciler_->step(now);
    ++counts_.rounds;
    for (const node::Notice& notice : reconciler_->poll_notices())
        spdlog::log(notice.warning ? spdlog::level::warn : spdlog::level::info, "{}", notice.text);
    Duration pause = std::max<Duration>(reconciler_->poll_timeout() - boot_time_now(), 1ms);
    if (!stepped) pause = stepped.error().code() == ErrorCode::conflict ? kRetrySoon : kRetry;
    std::vector<Error> errors;
    for (const auto& done : {stepped, save_memory(), look_at_underlay(), publish()})
        if (!done) errors.push_back(done.error());
    service_.set_published(publisher_->is_published());
    FLATLAN_TRY_VOID(judge(errors));
    if (ready_ && trouble_.empty()) manager_.tell_status(joined_text(reconciler_->standing()));
    return pause;
}

/// Says what is wrong after a round, once, and that nothing is any more. An error for what the
/// daemon must not begin with.
Result<void> NodeDaemon::judge(const std::vector<Error>& errors) {
    const bool gives{node::may_give(
        reconciler_->memory(), boot_, boot_time_now(),
        {.offline_max = common_->offline_max, .reclaim_after = common_->reclaim_after})};
    std::string text;
    bool is_over = true;
    for (const Error& error : errors) {
        counts_.count_failure(error.code());
        is_over = false;
        if (error.code() == ErrorCode::conflict) continue;  // the next round knows better
        if (error.code() == ErrorCode::already_exists && !joined_) return with_flag(error);
        text += (text.empty() ? "" : "; ") + trouble_text(error, joined_, gives);
    }
    if (text.empty() && !is_over) return success();
    if (std::exchange(trouble_, text) != text) {
        if (is_over)
            spdlog::info("all is well again");
        else
            spdlog::warn("{}", text);
    }
    if (!is_over) manager_.tell_status(text);
    service_.set_trouble(text);
    return success();
}

/// Whatever has to outlast the daemon; that it has heard from the registry again is not.
Result<void> NodeDaemon::save_memory() {
    const node::NodeMemory& memory = reconciler_->memory();
    if (memory.is_same_but_for_time(saved_)) return success();
    FLATLAN_TRY_VOID(node::save_memory(files_.memory(), memory));
    saved_ = memory;
    return success();
}

Result<void> NodeDaemon::publish() {
    const node::NodeStanding standing = reconciler_->standing();
    const node::NodeMemory& memory = reconciler_->memory();
    if (!standing.joined) return success();
    if (!joined_) {
        // Before a pod has an address that is kept here.
        FLATLAN_TRY_VOID(files_.save_owner(name_, settings_.cluster));
        spdlog::info("joined: blocks {}; {} other nodes", text_of(standing.self.blocks),
                     standing.peers);
        joined_ = true;
    }
    FLATLAN_TRY(
        mtu, tunnel::overlay_mtu(settings_.backend, common_->tunnel.underlay_mtu,
                                 underlay_->address.family(), common_->pools.has(IpFamily::ipv6)));
    FLATLAN_TRY(has_conflist,
                publisher_->publish({.name = name_,
                                     .overlay = standing.self.overlay,
                                     .cluster_prefixes = common_->tunnel.cluster_prefixes,
                                     .mtu = mtu,
                                     .lease_file = files_.leases(),
                                     .confirmed = {memory.boot, memory.confirmed_at},
                                     .offline_max = common_->offline_max,
                                     .excluded = common_->excluded,
                                     .reserved = common_->reserved,
                                     .backend = std::string{to_string(settings_.backend)},
                                     .underlay = underlay_->address,
                                     .port = common_->tunnel.port,
                                     .unreachable = unreachable_}));
    if (has_conflist) spdlog::info("pods can be added: wrote {}", settings_.conflist.string());
    if (!std::exchange(ready_, true)) manager_.tell_ready(joined_text(standing));
    give_memory_back(standing.peers);
    return success();
}

/// What hearing of many nodes needed in between goes back to the kernel, once all is quiet; the C
/// library would keep it.
void NodeDaemon::give_memory_back(std::size_t peers) {
    constexpr Duration kQuiet = 2s;
    const Instant now = boot_time_now();
    if (std::exchange(peers_heard_of_, peers) != peers) {
        tidy_at_ = now + kQuiet;
    } else if (tidy_at_ && now >= *tidy_at_) {
        tidy_at_.reset();
        ::malloc_trim(0);
    }
}

void NodeDaemon::reload(const Reread& reread) {
    manager_.tell_reloading();
    auto read = reread();
    ++(read ? counts_.reloads : counts_.failed_reloads);
    counts_.last_reload_failed = !read;
    if (!read) {
        spdlog::error("settings stay as they were: {}", read.error().to_string());
        return;
    }
    for (const std::string_view flag : differing(settings_, read.value())) {
        const auto settings = all_settings();
        const auto setting = std::find_if(settings.begin(), settings.end(),
                                          [&](const Setting& each) { return each.flag == flag; });
        if (setting->reloads)
            spdlog::info("--{} is now {}", flag, read.value().given[flag]);
        else
            spdlog::warn("--{} takes effect after a restart", flag);
    }
    settings_.conflist = read.value().conflist;
    settings_.cni_network = read.value().cni_network;
    settings_.log_level = read.value().log_level;
    publisher_->set_conflist(settings_.conflist, settings_.cni_network);
    spdlog::set_level(spdlog::level::from_str(settings_.log_level));
}

}  // namespace flatlan::daemon
