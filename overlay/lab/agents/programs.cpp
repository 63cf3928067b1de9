#include "overlay/lab/agents/programs.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace flatlan::lab {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders() {
    std::vector<fs::path> folders;
    std::error_code unknown;
    const fs::path own = fs::read_symlink("/proc/self/exe", unknown).parent_path();
    if (!unknown) folders = {own, own.parent_path() / "sbin", own.parent_path() / "bin"};
    const char* const path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        folders.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    for (const char* usual : {"/usr/local/sbin", "/usr/sbin"})
        folders.emplace_back(usual);
    return folders;
}

Result<fs::path> find_program(const std::string& name, const std::string& help) {
    for (const fs::path& folder : folders())
        if (folder.is_absolute() && ::access((folder / name).c_str(), X_OK) == 0)
            return folder / name;
    return Error{ErrorCode::forbidden,
                 "'agents: process' needs the program " + name + ", and this machine has none"}
        .expecting(help);
}

}  // namespace

Result<AgentPrograms> find_agent_programs() {
    FLATLAN_TRY(etcd, find_program("etcd", "apt-get install etcd-server, or a lab without agents"));
    const std::string beside = "it beside flatlan, where 'cmake --install' puts it, or in PATH";
    FLATLAN_TRY(flatland, find_program("flatland", beside));
    FLATLAN_TRY(flatlan_cni, find_program("flatlan-cni", beside));
    return AgentPrograms{flatland, flatlan_cni, etcd};
}

}  // namespace flatlan::lab
