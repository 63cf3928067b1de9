#include "overlay/pod/container/cgroups.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "overlay/linux/mount_info.hpp"

namespace flatlan::pod {
namespace {

/// Deepest first. The files of a group go with it.
void remove_tree(const std::filesystem::path& group) {
    std::error_code failed;
    std::filesystem::directory_iterator each{group, failed};
    for (; !failed && each != std::filesystem::directory_iterator{}; each.increment(failed)) {
        std::error_code gone;
        if (each->is_directory(gone)) remove_tree(each->path());
    }
    rmdir(group.c_str());
}

/// The count behind "oom_kill" in memory.oom_control (version 1) or memory.events (version 2).
bool counts_oom_kill(const std::string& file) {
    std::ifstream lines{file};
    std::string word;
    unsigned long long count = 0;
    while (lines >> word >> count)
        if (word == "oom_kill") return count > 0;
    return false;
}

}  // namespace

std::vector<std::string> cgroup_hierarchies() {
    std::vector<std::string> places;
    std::ifstream mounts{"/proc/self/mounts"};
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words{line};
        std::string source;
        std::string place;
        std::string type;
        words >> source >> place >> type;
        place = unescape_mount_path(place);
        if ((type == "cgroup" || type == "cgroup2") &&
            std::find(places.begin(), places.end(), place) == places.end())
            places.push_back(place);
    }
    return places;
}

bool may_make_cgroups() {
    const auto places = cgroup_hierarchies();
    return !places.empty() && std::all_of(places.begin(), places.end(), [](const auto& place) {
        return access(place.c_str(), W_OK) == 0;
    });
}

bool was_out_of_memory(const std::string& path) {
    for (const std::string& place : cgroup_hierarchies())
        for (const char* file : {"/memory.oom_control", "/memory.events"})
            if (counts_oom_kill(place + path + file)) return true;
    return false;
}

bool remove_cgroups(const std::string& path) {
    bool all = true;
    for (const std::string& place : cgroup_hierarchies()) {
        const std::string group = place + path;
        if (access(group.c_str(), F_OK) != 0) continue;
        remove_tree(group);
        all = all && access(group.c_str(), F_OK) != 0;
        const std::string above = path.substr(0, path.rfind('/'));
        if (!above.empty()) rmdir((place + above).c_str());
    }
    return all;
}

}  // namespace flatlan::pod
