#include "overlay/lab/machine/machine_facts.hpp"

#include "overlay/lab/machine/runtime_trial.hpp"
#include "overlay/lab/machine/settings.hpp"
#include "overlay/lab/runtime_directory.hpp"

namespace flatlan::lab {
namespace {

/// In the order of preference: runc works with more layouts of control groups.
constexpr const char* kRuntimes[] = {"runc", "crun"};

void try_runtimes(MachineFacts& facts) {
    for (const char* name : kRuntimes) {
        const std::string program = find_program(name);
        if (program.empty()) continue;
        RuntimeFact runtime{.program = program, .container = {}};
        if (facts.features.namespaces.worked)
            runtime.container = try_runtime(program, facts.with_rights);
        facts.runtimes.push_back(std::move(runtime));
    }
}

void look_at_runtime_folder(MachineFacts& facts) {
    const auto folder = RuntimeDirectory::open();
    facts.runtime_folder = folder ? folder.value().path() : "none";
    facts.runtime_folder_usable =
        folder ? Trial::success() : Trial::refused(folder.error().to_string());
}

}  // namespace

MachineFacts collect_facts() {
    MachineFacts facts;
    read_settings(facts);
    facts.features = try_features(facts.with_rights);
    try_runtimes(facts);
    if (!facts.newuidmap.empty() && facts.subuids > 0)
        facts.mapping = try_newuidmap(facts.newuidmap, facts.subuid_first);
    look_at_runtime_folder(facts);
    return facts;
}

}  // namespace flatlan::lab
