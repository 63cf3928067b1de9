#include "tools/daemon/probes/probe_watch.hpp"

#include <spdlog/spdlog.h>

#include "tools/daemon/probes/node_probe.hpp"

namespace flatlan::daemon {

ProbeWatch::ProbeWatch(registry::Registry& registry, Options options)
    : registry_{registry}, options_{std::move(options)}, thread_{[this] { run(); }} {}

ProbeWatch::~ProbeWatch() { ended_ = true; }

void ProbeWatch::run() {
    const std::string key = probe::ProbeKeys{options_.cluster}.request();
    RunRecords records{registry_, key, [this] { return ended_.load(); }};
    std::string answered;
    std::string trouble;
    while (!ended_) {
        constexpr Duration kWait = std::chrono::milliseconds{500};
        if (const auto polled = records.poll(kWait); !polled && !ended_) {
            if (const std::string text = polled.error().to_string();
                std::exchange(trouble, text) != text)
                spdlog::warn("cannot hear of tests of the cluster: {}", text);
            continue;
        }
        trouble.clear();
        const std::string* const request = records.find(key);
        if (request == nullptr || ended_ || *request == answered) continue;
        answered = *request;
        answer(answered);
    }
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
    spdlog::info("takes part in a test of the cluster that {} asks for",
                 asked.value().asker.text());
    NodeProbe probe{registry_,
                    {.node = options_.node,
                     .cluster = options_.cluster,
                     .run = asked.value().run,
                     .ended = [this] { return ended_.load(); },
                     .own_members = options_.own_members},
                    std::move(own).value()};
    const auto done = probe.answer();
    if (!done && done.error().code() != ErrorCode::interrupted)
        spdlog::warn("test of the cluster: {}", done.error().to_string());
}

}  // namespace flatlan::daemon
