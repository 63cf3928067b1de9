#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "overlay/base/result.hpp"
#include "tools/cli/answers.hpp"
#include "tools/cli/machine_lab_service.hpp"
#include "tools/cli/reach_program.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/daemon/settings.hpp"
#include "tools/packaging/documents/manual_page.hpp"
#include "tools/packaging/documents/settings_file.hpp"

namespace {

namespace cli = flatlan::cli;
namespace packaging = flatlan::packaging;

/// Where the daemon writes the CNI configuration on a machine that installed the package.
constexpr const char* kConflist = "/etc/cni/net.d/10-flatlan.conflist";

bool write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    if (out << text && out.flush()) return true;
    std::cerr << "write_documents: '" << file.string() << "' could not be written\n";
    return false;
}

/// The keys of the settings file, which stand for the options of the same meaning.
packaging::ManualSection settings_section() {
    std::vector<std::pair<std::string, std::string>> keys;
    for (const flatlan::daemon::Setting& setting : flatlan::daemon::all_settings())
        keys.emplace_back(
            std::string{setting.path} + ": " + std::string{setting.value},
            std::string{setting.summary} + (setting.reloads ? "; SIGHUP takes a change over" : ""));
    return {"SETTINGS FILE",
            "A YAML document with apiVersion: flatlan/v1, kind: Daemon, and under spec:\n" +
                packaging::entries(keys)};
}

bool write_all(const std::filesystem::path& folder) {
    cli::MachineLabService labs;
    const packaging::Release release{"flatlan " + std::string{cli::program_version()}};
    const std::vector<cli::Verb> verbs = cli::make_verbs(labs);
    bool written = write(folder / "flatlan.1", packaging::overview_page(verbs, release));
    for (const cli::Verb& verb : verbs) {
        if (verb.hidden) continue;
        packaging::ManualPage page{.name = "flatlan-" + verb.usage.verb,
                                   .see_also = {"flatlan(1)"}};
        const bool reach = page.name == "flatlan-reach";
        if (reach)
            page.synopsis = "flatlan-reach [LAB | --netns PATH PATH... | --cluster] [OPTION...]";
        written &=
            write(folder / page.file(),
                  packaging::manual_page(
                      page, reach ? cli::reach_program_verb(labs).usage : verb.usage, release));
    }
    const packaging::ManualPage daemon{.name = "flatland",
                                       .section = 8,
                                       .further = {settings_section()},
                                       .see_also = {"flatlan(1)", "flatlan-cni(8)"}};
    written &= write(folder / daemon.file(),
                     packaging::manual_page(daemon, flatlan::daemon::usage(), release));
    return written &
           write(folder / "flatland.yaml", packaging::settings_file(flatlan::daemon::all_settings(),
                                                                    {{"cni.conflist", kConflist}}));
}

}  // namespace

/// Writes what is installed beside the programs and made of what they say of themselves: the manual
/// pages and the settings file of the daemon, into the folder that is its only argument.
int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: write_documents FOLDER\n";
        return 2;
    }
    return write_all(argv[1]) ? 0 : 1;
}
