#include "tools/daemon/probes/probe_watch.hpp"

#include <spdlog/spdlog.h>

#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/registry/may_pass.hpp"
#include "overlay/registry/mirror.hpp"
#include "tools/daemon/probes/node_probe.hpp"

namespace flatlan::daemon {
namespace {

/// A registry that refuses, or is away, is asked again at leisure: this goes on for ever.
constexpr Duration kPause = std::chrono::seconds{1};

}  // namespace

ProbeWatch::ProbeWatch(registry::Registry& registry, Options options)
    : registry_{registry}, options_{std::move(options)}, thread_{[this] { run(); }} {}

ProbeWatch::~ProbeWatch() {
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    changed_.notify_all();
}

void ProbeWatch::run() {
    const std::string key = probe::RunKeys::request(options_.cluster);
    registry::Mirror requests{registry_, key, [this] {
                                  {
                                      const std::lock_guard lock{mutex_};
                                      ready_ = true;
                                  }
                                  changed_.notify_all();
                              }};
    std::string answered;
    std::string trouble;
    while (!ended_) {
        if (const auto polled = requests.poll(Duration::zero()); !polled) {
            if (const std::string text = polled.error().to_string();
                !registry::may_pass(polled.error()) && std::exchange(trouble, text) != text)
                spdlog::warn("cannot hear of tests of the cluster: {}", text);
            pause();
            continue;
        }
        trouble.clear();
        const auto request = requests.records().find(key);
        if (request != requests.records().end() && !ended_ && request->second.value != answered) {
            answered = request->second.value;
            answer(answered);
        }
        wait_until_ready();
    }
}

void ProbeWatch::wait_until_ready() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return ready_ || ended_; });
    ready_ = false;
}

void ProbeWatch::pause() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, kPause, [this] { return ended_.load(); });
}

void ProbeWatch::answer(const std::string& request) {
    const auto asked = probe::request_from_record(request);
    if (!asked) {
        spdlog::warn("a test of the cluster was asked for in other words: {}",
                     asked.error().to_string());
        return;
    }
    auto own = options_.own_members();
    if (!own) own = OwnMembers{{{}, own.error().to_string()}, {}};
    const bool traces = asked.value().purpose == probe::Purpose::trace;
    spdlog::info("takes part in a {} that {} asks for",
                 traces ? "trace over the cluster" : "test of the cluster",
                 asked.value().asker.text());
    NodeProbe probe{registry_,
                    {.node = options_.node,
                     .cluster = options_.cluster,
                     .run = asked.value().run,
                     .purpose = asked.value().purpose,
                     .tunnel = options_.tunnel,
                     .ended = [this] { return ended_.load(); },
                     .own_members = options_.own_members},
                    std::move(own).value()};
    const auto done = probe.answer();
    if (!done && done.error().code() != ErrorCode::interrupted)
        spdlog::warn("test of the cluster: {}", done.error().to_string());
}

}  // namespace flatlan::daemon
