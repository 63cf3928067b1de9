#include "tools/cli/container_choice.hpp"

#include <algorithm>
#include <ostream>

#include "overlay/base/suggestion.hpp"

namespace flatlan::cli {

OptionUsage container_option() {
    return {.name = "container",
            .letter = 'c',
            .value = "NAME",
            .summary = "Which container of the pod; without it the first one"};
}

Result<std::string> choose_container(const Target& target, const std::string& name,
                                     Console& console) {
    if (target.pod == nullptr)
        return Error{ErrorCode::invalid_argument, "only pods have containers"}.expecting(
            "the name of a pod");
    const lab::PodStatus& pod = *target.pod;
    if (pod.containers.empty())
        return Error{ErrorCode::invalid_argument,
                     "pod '" + to_short_string(pod.name) + "' has no containers"}
            .expecting("a pod whose manifest has some");
    std::vector<std::string> names;
    for (const lab::ContainerStatus& container : pod.containers)
        names.push_back(container.name);
    if (!name.empty()) {
        if (std::find(names.begin(), names.end(), name) != names.end()) return name;
        const auto near = nearest(name, names);
        return Error{ErrorCode::invalid_argument,
                     "pod '" + to_short_string(pod.name) + "' has no container '" + name + "'"}
            .at("--container")
            .expecting(join_alternatives(near.empty() ? names : near));
    }
    const auto first = std::find_if(pod.containers.begin(), pod.containers.end(),
                                    [](const auto& container) { return !container.init; });
    const std::string& chosen = first == pod.containers.end() ? names.front() : first->name;
    if (names.size() > 1)
        console.err << "container " << chosen << " of " << join_alternatives(names) << '\n';
    return chosen;
}

}  // namespace flatlan::cli
