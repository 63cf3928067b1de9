#include "overlay/pod/container/oci_runtime.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

#include "overlay/pod/container/process.hpp"

namespace flatlan::pod {
namespace {

constexpr const char* kFolders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                    "/usr/bin",        "/sbin",          "/bin"};

std::string path_of(const std::string& program) {
    for (const char* folder : kFolders)
        if (const std::string path = std::string{folder} + "/" + program;
            access(path.c_str(), X_OK) == 0)
            return path;
    return {};
}

}  // namespace

std::vector<std::string> OciRuntime::run_command(const std::string& id, const std::string& bundle,
                                                 const std::string& pid_file,
                                                 const std::string& log_file) const {
    std::vector<std::string> command{program};
    command.insert(command.end(), flags.begin(), flags.end());
    // A keyring for each container would soon reach the kernel's limit of a user (keyrings(7)).
    command.insert(command.end(), {"--root", state_folder, "--log", log_file, "--log-format",
                                   "json", "run", "--detach", "--no-new-keyring", "--pid-file",
                                   pid_file, "--bundle", bundle, id});
    return command;
}

std::vector<std::string> OciRuntime::exec_command(const std::string& id,
                                                  const std::string& pid_file,
                                                  const std::string& log_file,
                                                  const std::vector<std::string>& words) const {
    std::vector<std::string> command{program};
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {"--root", state_folder, "--log", log_file, "--log-format",
                                   "json", "exec", "--detach", "--pid-file", pid_file, id});
    command.insert(command.end(), words.begin(), words.end());
    return command;
}

std::vector<OciRuntime> candidate_runtimes(bool may_make_cgroups, const std::string& state_folder) {
    const std::string runc = path_of("runc");
    const std::string crun = path_of("crun");
    std::vector<OciRuntime> candidates;
    for (const bool with_cgroups : {true, false}) {
        if (with_cgroups && !may_make_cgroups) continue;
        if (!runc.empty())
            candidates.push_back({.program = runc,
                                  .flags = with_cgroups
                                               ? std::vector<std::string>{}
                                               : std::vector<std::string>{"--rootless", "true"},
                                  .state_folder = state_folder,
                                  .with_cgroups = with_cgroups});
        if (!crun.empty())
            candidates.push_back(
                {.program = crun,
                 .flags = {"--cgroup-manager", with_cgroups ? "cgroupfs" : "disabled"},
                 .state_folder = state_folder,
                 .with_cgroups = with_cgroups});
    }
    return candidates;
}

pid_t read_pid(const std::string& pid_file) {
    const std::string text = read_whole_file(pid_file);
    pid_t pid = 0;
    std::from_chars(text.data(), text.data() + text.size(), pid);
    return std::max(pid, 0);
}

std::string last_message(const std::string& log_file) {
    std::istringstream lines{read_whole_file(log_file)};
    std::string message;
    for (std::string line; std::getline(lines, line);) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (json.is_object() && json.contains("msg") && json["msg"].is_string())
            message = json["msg"].get<std::string>();
    }
    return message;
}

}  // namespace flatlan::pod
