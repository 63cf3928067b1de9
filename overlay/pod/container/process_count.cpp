#include "overlay/pod/container/process_count.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

namespace flatlan::pod {
namespace {

std::vector<std::string> processes() {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir("/proc"), closedir};
    while (const dirent* entry = folder ? readdir(folder.get()) : nullptr)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') names.emplace_back(entry->d_name);
    return names;
}

/// 0 for a process that is gone.
std::uint64_t namespace_of(const std::string& process) {
    struct stat found {};
    return stat(("/proc/" + process + "/ns/pid").c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace

ProcessCount ProcessCount::take(std::size_t least) {
    ProcessCount count;
    const auto all = processes();
    if (all.size() > least)
        for (const std::string& process : all)
            ++count.by_namespace_[namespace_of(process)];
    return count;
}

std::size_t ProcessCount::beside(pid_t process) const {
    if (by_namespace_.empty()) return 0;
    const auto at = by_namespace_.find(namespace_of(std::to_string(process)));
    return at == by_namespace_.end() ? 0 : at->second;
}

}  // namespace flatlan::pod
