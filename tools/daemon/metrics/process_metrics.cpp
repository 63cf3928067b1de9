#include "tools/daemon/metrics/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace flatlan::daemon {
namespace {

/// Of /proc/self/stat, behind the name in parentheses, which may contain anything.
struct ProcessStat {
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    std::uint64_t start_ticks = 0;  ///< after the machine's start
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_pages = 0;
};

Result<ProcessStat> read_stat() {
    constexpr int kUserTicks = 14;  // the fields' numbers in proc(5)
    constexpr int kSystemTicks = 15;
    constexpr int kStartTicks = 22;
    constexpr int kVirtualBytes = 23;
    constexpr int kResidentPages = 24;
    std::ifstream file{"/proc/self/stat"};
    std::string text;
    std::getline(file, text);
    std::istringstream fields{text.substr(std::min(text.rfind(')') + 1, text.size()))};
    ProcessStat stat;
    std::string word;
    for (int number = 3; number <= kResidentPages && fields >> word; ++number) {
        const auto take = [&](int wanted, std::uint64_t& into) {
            if (number == wanted) std::from_chars(word.data(), word.data() + word.size(), into);
        };
        take(kUserTicks, stat.user_ticks);
        take(kSystemTicks, stat.system_ticks);
        take(kStartTicks, stat.start_ticks);
        take(kVirtualBytes, stat.virtual_bytes);
        take(kResidentPages, stat.resident_pages);
    }
    if (!fields) return Error{ErrorCode::system, "/proc/self/stat cannot be read"};
    return stat;
}

/// When the machine was started, in seconds since 1970.
Result<std::uint64_t> read_boot_seconds() {
    std::ifstream file{"/proc/stat"};
    std::string word;
    std::uint64_t seconds = 0;
    while (file >> word)
        if (word == "btime" && file >> seconds) return seconds;
    return Error{ErrorCode::system, "/proc/stat has no time of the machine's start"};
}

Result<std::uint64_t> count_files() {
    std::error_code failed;
    std::filesystem::directory_iterator files{"/proc/self/fd", failed};
    std::uint64_t count = 0;
    for (; !failed && files != std::filesystem::directory_iterator{}; files.increment(failed))
        ++count;
    if (failed) return Error::from_errno(failed.value(), "count open files");
    return count - 1;  // the folder itself was one
}

}  // namespace

Result<void> write_process(Exposition& out) {
    FLATLAN_TRY(stat, read_stat());
    FLATLAN_TRY(booted, read_boot_seconds());
    FLATLAN_TRY(files, count_files());
    rlimit most{};
    if (::getrlimit(RLIMIT_NOFILE, &most) != 0)
        return Error::from_errno(errno, "read the limit of open files");
    const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    out.counter("process_cpu_seconds_total", "Processor time that the daemon has used.",
                static_cast<double>(stat.user_ticks + stat.system_ticks) / ticks_per_second);
    out.gauge("process_resident_memory_bytes", "Memory of the daemon that is resident.",
              stat.resident_pages * page_bytes);
    out.gauge("process_virtual_memory_bytes", "Its virtual memory.", stat.virtual_bytes);
    out.gauge("process_open_fds", "Open files of the daemon.", files);
    out.gauge("process_max_fds", "How many files it may have open.", std::uint64_t{most.rlim_cur});
    out.gauge(
        "process_start_time_seconds", "When the daemon was started.",
        static_cast<double>(booted) + static_cast<double>(stat.start_ticks) / ticks_per_second);
    return success();
}

}  // namespace flatlan::daemon
