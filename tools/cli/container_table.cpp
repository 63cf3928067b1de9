#include "tools/cli/container_table.hpp"

#include "tools/cli/table.hpp"

namespace flatlan::cli {
namespace {

/// More than that, and a table no longer fits on a screen.
constexpr std::size_t kContainersMax = 40;

bool is_well(const lab::ContainerStatus& container) {
    return container.state == "Running" || container.reason == "Completed";
}

std::string state_text(const lab::ContainerStatus& container, const Terminal& terminal) {
    std::string word = container.reason.empty() ? container.state : container.reason;
    if (container.state == "Running" && !container.ready && !container.init) word += ", not ready";
    const Style style = !is_well(container)                         ? Style::bad
                        : word == container.state || container.init ? Style::good
                        : container.reason == "Completed"           ? Style::good
                                                                    : Style::warning;
    return styled(terminal, style, word);
}

/// "Error 1: what there is to say of it".
std::string last_text(const lab::ContainerStatus& container) {
    if (!container.exit_code) return "-";
    std::string text = container.last_reason + " " + std::to_string(*container.exit_code);
    if (!container.message.empty()) text += ": " + container.message;
    return text;
}

}  // namespace

std::string container_table(const lab::LabStatus& status, const Terminal& terminal) {
    std::size_t count = 0;
    for (const lab::PodStatus& pod : status.pods)
        count += pod.containers.size();
    Table table{{{"CONTAINER"}, {"STATE"}, {"RESTARTS", Table::Align::right}, {"LAST END"}}};
    bool any = false;
    for (const lab::PodStatus& pod : status.pods)
        for (const lab::ContainerStatus& container : pod.containers) {
            if (count > kContainersMax && is_well(container) && container.restarts == 0) continue;
            any = true;
            table.add({{to_short_string(pod.name) + " " + container.name},
                       {state_text(container, terminal)},
                       {std::to_string(container.restarts)},
                       {last_text(container)}});
        }
    return any ? table.render(terminal) : std::string{};
}

}  // namespace flatlan::cli
